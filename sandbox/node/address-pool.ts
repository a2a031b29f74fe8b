// Which virtual address does a pod get? The first node has 10.244.0.0/16, the next one 10.245.0.0/16 …, and in it the
// next free one in turn, so that an address that was given back is not taken again at once.

export function podNetworkOf(index: number): string {
  return `10.${244 + index}`;
}

export class AddressPool {
  readonly #network: string;
  readonly #taken = new Set<string>();
  #last = 1;

  constructor(index = 0) {
    this.#network = podNetworkOf(index);
  }

  /** `wanted` is kept where it is free: a pod that the node takes over keeps its address. */
  take(wanted?: string): string {
    if (wanted !== undefined && wanted !== '' && !this.#taken.has(wanted)) {
      this.#taken.add(wanted);
      return wanted;
    }
    for (let tries = 0; tries < 65_000; tries++) {
      this.#last = this.#last >= 65_000 ? 2 : this.#last + 1;
      const address = `${this.#network}.${this.#last >> 8}.${this.#last & 255}`;
      const isHostPart = (this.#last & 255) !== 0 && (this.#last & 255) !== 255;
      if (!isHostPart || this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Error('the node has no free pod address left');
  }

  giveBack(address: string): void {
    this.#taken.delete(address);
  }
}
