// Waiting by the real clock, as benchmarks of real processes must.

export function rest(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Asks every 10 ms. */
export async function until(holds: () => boolean, what: string, limitSeconds = 300): Promise<void> {
  const endsAt = performance.now() + limitSeconds * 1000;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`waited ${limitSeconds} s in vain until ${what}`);
    await rest(0.01);
  }
}
