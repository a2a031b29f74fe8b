// The variables of AWS for a test: its SDK reads the environment of the process, wherever else ours is passed along.

/** Until the next call these are the only ones, and nothing of the machine's own settings is read. */
export function setAwsEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) delete process.env[name];
  const nowhere = {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  };
  Object.assign(process.env, nowhere, environment);
}
