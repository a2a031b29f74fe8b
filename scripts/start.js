// The door of `npm start`: plain JavaScript that any Node can read, so that an old one is told what is needed instead
// of a syntax error. With the project's own Node it is just the sandbox's main program.

const needed = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `Slipway needs Node ${needed.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'The project brings its own: run "npm ci" and then "npm start".',
  );
  process.exit(1);
}

try {
  await import('../sandbox/main.ts');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('Cannot find package')) throw error;
  console.error('The packages are not installed: run "npm ci" first.');
  process.exit(1);
}
