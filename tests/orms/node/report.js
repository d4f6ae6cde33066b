// What the programs here share: they print the tool's version and each thing that was seen to work.
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

// The version of an installed package, also of one that exports nothing of itself.
function version(name) {
  for (const folder of (process.env.NODE_PATH || '').split(':')) {
    const file = path.join(folder, name, 'package.json');
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')).version;
  }
  throw new Error(`${name} is not installed`);
}

const tool = (shown, name) => console.log(`tool\t${shown}\t${version(name)}`);
const did = (what) => console.log(`did\t${what}`);

// The SQLSTATE of a refusal, wherever the tool keeps the driver's error.
async function refused(code, promise) {
  try {
    await promise;
  } catch (error) {
    for (let at = error; at; at = at.parent || at.driverError || at.cause) if (at.code === code) return;
    throw error;
  }
  assert.fail(`${code} expected`);
}

function run(main) {
  main(process.argv[2]).then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    });
}

module.exports = { assert, tool, did, refused, run };
