// Why a plugin cannot be used: expected trouble, told to the user as it is, in one line without secrets.

export class PluginError extends Error {
  override readonly name = 'PluginError';
}
