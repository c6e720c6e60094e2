// Which way imports go in node/; `make lint` checks it with dependency-cruiser. The rooms' READMEs say the same in words.

const IN_THE_CHIP = ['analogue/', 'cpu/', 'flash/', 'pins/', 'pio/', 'serial/', 'system/', 'time/'];

/** What each room, and each file above the rooms, may import besides itself. What is missing here may import nothing. */
const MAY_IMPORT = {
  'outside/': [],
  'analogue/': [],
  'cpu/': [],
  'pio/': [],
  'system/': [],
  'time/': [],
  'flash/': ['outside/'],
  'pins/': ['outside/'],
  'serial/': ['outside/', 'pins/'],
  'chip.mjs': IN_THE_CHIP,
  'hung_core.mjs': ['chip.mjs'],
  'machine.mjs': ['outside/', ...IN_THE_CHIP, 'chip.mjs', 'hung_core.mjs'],
  'protocol.mjs': [],
  'board.mjs': ['outside/', 'cpu/', 'machine.mjs', 'protocol.mjs'],
  'pair_arrivals.mjs': [],
  'pair_converter.mjs': ['outside/'],
  'pair.mjs': ['outside/', 'board.mjs', 'pair_arrivals.mjs', 'pair_converter.mjs', 'protocol.mjs'],
  'bridge.mjs': ['cpu/', 'board.mjs', 'pair.mjs', 'protocol.mjs'],
  'proof/': ['outside/', 'cpu/', 'flash/', 'machine.mjs'],
};

/** Who builds on rp2040js's blocks. */
const ON_RP2040JS = ['analogue/', 'flash/', 'pins/', 'pio/', 'serial/', 'system/', 'time/', 'chip.mjs', 'proof/'];

/** Who uses which modules of Node: nobody else reaches files, the clock on the wall, or anything beyond the emulation. */
const OF_NODE = {
  'cpu/blocks.mjs': ['v8'],
  'cpu/cache.mjs': ['crypto', 'fs', 'os', 'path', 'url'],
  'protocol.mjs': ['fs'],
  'bridge.mjs': ['fs'],
  'proof/': ['fs', 'url', 'util'],
};

const within = (places) => places.map((place) => `^node/${place.replace('.', '\\.')}${place.endsWith('/') ? '' : '$'}`);
const rule = (name, from, to) => ({ name, severity: 'error', from, to });

export default {
  forbidden: [
    rule('not found', {}, { couldNotResolve: true }),
    rule('circle', {}, { circular: true }),
    rule('not in the table', { path: '^node/', pathNot: within(Object.keys(MAY_IMPORT)) }, {}),
    ...Object.entries(MAY_IMPORT).map(([place, others]) =>
      rule(`imports of ${place}`, { path: within([place]) }, { path: '^node/', pathNot: within([place, ...others]) }),
    ),
    rule('package', { path: '^node/' }, { path: 'node_modules/', pathNot: 'node_modules/rp2040js/' }),
    rule('rp2040js', { path: '^node/', pathNot: within(ON_RP2040JS) }, { path: 'node_modules/rp2040js/' }),
    rule('module of Node', { path: '^node/', pathNot: within(Object.keys(OF_NODE)) }, { dependencyTypes: ['core'] }),
    ...Object.entries(OF_NODE).map(([place, modules]) =>
      rule(
        `modules of Node in ${place}`,
        { path: within([place]) },
        { dependencyTypes: ['core'], pathNot: `^(node:)?(${modules.join('|')})$` },
      ),
    ),
  ],
  options: { doNotFollow: { path: 'node_modules/' } },
};
