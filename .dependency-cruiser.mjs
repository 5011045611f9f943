// Owns the layer rules: each clause of the layer table is one named rule, and the tests in test/tidy/layers.test.ts
// break each of them once. A rule is widened only together with the table; it never gets an exception for one file.

const tests = '\\.test\\.ts$'
const kernelFacts = '^src/(errors\\.ts$|abi/|json/)'
const model = '^src/(config|protocol)/'
const compilers = '^src/(oci|libcontainer-2015|capabilities|seccomp|labels|userdb)/'
const drivers = '^src/(cgroups|network|resctrl|console|criu|state)/'

/** A layer may import the listed paths and nothing else of src. Tests are free: they may need a neighbour. */
const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: tests },
  to: { path: '^src/', pathNot: allowed },
})

const forbidden = (name, from, to, comment) => ({ name, comment, severity: 'error', from, to })

const layers = [
  layer(
    'layer-0-imports-nothing',
    kernelFacts,
    [kernelFacts],
    'Errors, kernel facts and exact JSON stand alone.',
  ),
  layer(
    'layer-1-model',
    '^src/(config|protocol)/',
    ['^src/$1/', kernelFacts],
    'Configuration and protocol import layer 0 and themselves, not each other.',
  ),
  layer(
    'layer-2-compilers',
    '^src/(oci|libcontainer-2015|capabilities|seccomp|labels|userdb)/',
    ['^src/$1/', model, kernelFacts],
    'A compiler imports layers 0 and 1 and itself.',
  ),
  layer('layer-3-plan', '^src/plan/', ['^src/plan/', compilers, model, kernelFacts], 'The planner: 0 to 2.'),
  layer('layer-4-system', '^src/system/', ['^src/system/', kernelFacts], 'Kernel access knows layer 0 only.'),
  layer(
    'layer-5-drivers',
    '^src/(cgroups|network|resctrl|console|criu|state)/',
    ['^src/$1/', '^src/system/', '^src/config/', kernelFacts],
    'A driver imports errors, config, system and itself: never another driver, plan or launch.',
  ),
  layer(
    'layer-6-launch',
    '^src/launch/',
    ['^src/(launch|system|plan)/', drivers, compilers, model, kernelFacts],
    'Launch stands on layers 0 to 4 and on what drivers promise.',
  ),
  layer(
    'layer-7-container',
    '^src/container/',
    ['^src/(container|launch|system|plan)/', drivers, compilers, model, kernelFacts],
    'The objects import all that is below them, never a surface or a host.',
  ),
  layer(
    'layer-8-core',
    '^src/core\\.ts$',
    ['^src/(container|launch|system|plan)/', drivers, compilers, model, kernelFacts],
    'The surface of the core knows no host.',
  ),
  layer(
    'layer-9-node',
    '^src/(node/|index\\.ts$)',
    ['^src/(node/|core\\.ts$)'],
    'The Node host has no power that the core does not lend: it imports core.ts only.',
  ),
  layer('layer-9-cli', '^src/cli/', ['^src/(cli/|core\\.ts$)'], 'The CLI has no power that the API lacks.'),
  layer(
    'layer-9-runt-on-node',
    '^src/runt-on-node\\.ts$',
    ['^src/(core|cli/main|node/(node-kernel|process-signals))\\.ts$'],
    'Binds the CLI to the Node host, the one place that knows both, and is nothing besides.',
  ),
]

const clauses = [
  forbidden('no-cycles', {}, { circular: true }, 'Imports point down, so they never come back.'),
  forbidden(
    'no-orphans',
    { orphan: true, path: '^src/', pathNot: tests },
    {},
    'A file that nothing imports and that imports nothing is dead.',
  ),
  forbidden('no-unresolved', {}, { couldNotResolve: true }, 'Every import leads to a file or a package.'),
  forbidden(
    'pure-by-reachability',
    { path: [model, compilers, '^src/plan/'], pathNot: tests },
    {
      path: [drivers, '^src/(system|launch|container|cli|node)/', '^(node:|fs$|child_process$)'],
      reachable: true,
    },
    'What decides reaches nothing that acts, by any path, type-only imports counted.',
  ),
  forbidden(
    'launch-takes-drivers-by-interface',
    { path: '^src/launch/', pathNot: tests },
    { path: drivers, dependencyTypesNot: ['type-only'] },
    'Launch names the interface of a driver; the driver itself is handed in.',
  ),
  forbidden(
    'core-lends-no-driver',
    { path: '^src/core\\.ts$' },
    {
      path: '^src/',
      pathNot: [
        '^src/(container|oci|libcontainer-2015|labels|config)/',
        '^src/system/(fd|files|poll-now|stream|syscall|xattr)\\.ts$',
        '^src/network/netlink/netlink\\.ts$',
        kernelFacts,
      ],
      dependencyTypesNot: ['type-only'],
    },
    'The surface offers the objects, OCI, configuration, netlink, and what a host needs to speak to its kernel.',
  ),
  forbidden(
    'core-is-plain-ecmascript',
    { path: '^src/', pathNot: [tests, '^src/(node/|index\\.ts$|runt-on-node\\.ts$)'] },
    { dependencyTypes: ['core'] },
    'Only the Node host may import node: modules; everything else runs in QuickJS too.',
  ),
  forbidden(
    'no-packages-at-runtime',
    { path: '^src/', pathNot: tests },
    { path: 'node_modules' },
    'The product has no dependencies.',
  ),
  forbidden(
    'product-imports-no-tests',
    { path: '^(src|examples|bench|tools)/', pathNot: tests },
    { path: [tests, '^test/'] },
    'Nothing that ships or measures leans on test code.',
  ),
  forbidden(
    'product-imports-no-tools',
    { path: '^(src|examples)/' },
    { path: '^(bench|tools|examples)/', pathNot: '^examples/' },
    'The product does not know how it is built or measured.',
  ),
  forbidden(
    'examples-use-the-public-entry',
    { path: '^examples/' },
    { path: '^src/', pathNot: '^src/(index|core)\\.ts$' },
    'An example imports what a user can import.',
  ),
]

export default {
  forbidden: [...clauses, ...layers],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|build)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'node', 'import'],
      extensions: ['.ts', '.d.ts', '.mjs', '.js'],
    },
  },
}
