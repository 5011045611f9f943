// Tests of the scripts by which shells complete command lines of runt: each shell runs its own.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildRunt } from '../helpers/build-runt.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runt-completion-'))
after(() => rmSync(scratch, { recursive: true }))
let runt = ''
before(() => {
  runt = buildRunt()
})

const missing = (shell: string): string | false =>
  spawnSync(shell, ['-c', ':']).status === 0 ? false : `${shell} is not there`

/** Runs a script of a shell, in which runt is ours and the file is the completion. */
function runShell(shell: string, script: string): string {
  const file = join(scratch, `runt.${shell}`)
  const printed = spawnSync(runt, ['completion', shell], { encoding: 'utf8' })
  assert.deepEqual([printed.status, printed.stderr], [0, ''])
  writeFileSync(file, printed.stdout)
  const { status, stdout, stderr } = spawnSync(shell, ['-c', script], {
    encoding: 'utf8',
    cwd: scratch,
    env: { FILE: file, HOME: scratch, PATH: `${join(runt, '..')}:${process.env.PATH}`, TERM: 'dumb' },
    timeout: 300_000,
  })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

/** What bash offers for a line whose last word is being written. */
function offers(...words: readonly string[]): readonly string[] {
  const line = ['runt', ...words].map((word) => `'${word}'`).join(' ')
  const script = `source "$FILE"
    runt() { if [[ "$*" == "--root /r list -q" ]]; then echo there; elif [[ "$*" == "list -q" ]]; then echo web; echo db; fi; }
    COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _runt; printf '%s\\n' "\${COMPREPLY[@]}"`
  return runShell('bash', script).trim().split('\n').sort()
}

const inBash = { skip: missing('bash') }

test('bash: commands and options', inBash, () => {
  assert.deepEqual(offers('ex'), ['exec', 'explain'])
  assert.ok(offers('').includes('features'))
  assert.deepEqual(offers('--log'), ['--log', '--log-format', '--log-level'])
  assert.deepEqual(offers('exec', '--p'), [
    '--pid-file',
    '--pidfd-socket',
    '--preserve-fds',
    '--process',
    '--process-label',
  ])
  assert.ok(!offers('--').includes('--criu'))
})

test('bash: containers, from the root that was given', inBash, () => {
  assert.deepEqual(offers('exec', ''), ['db', 'web'])
  assert.deepEqual(offers('exec', '-e', 'A=b', '--tty', 'w'), ['web'])
  assert.deepEqual(offers('--root', '/r', 'kill', ''), ['there'])
  assert.deepEqual(offers('run', ''), [''])
  assert.deepEqual(offers('kill', 'web', ''), [''])
})

test('bash: values', inBash, () => {
  assert.deepEqual(offers('list', '--format', ''), ['json', 'table'])
  assert.deepEqual(offers('--log-format', 'j'), ['json'])
  assert.deepEqual(offers('help', 'up'), ['update'])
  assert.deepEqual(offers('completion', 'b'), ['bash'])
  assert.deepEqual(offers('run', '--bundle', '/us'), ['/usr'])
  assert.deepEqual(offers('exec', '--env', ''), [''])
})

test('fish offers the same, with what it means', { skip: missing('fish') }, () => {
  const complete = (line: string): string => runShell('fish', `source $FILE; complete -C '${line}'`)
  assert.match(complete('runt exe'), /^exec\tStarts another process in a running container\n$/)
  assert.match(complete('runt list --form'), /^--format=?\t/)
  assert.match(complete('runt list --format '), /^json\b.*\n?table\b/s)
  assert.match(complete('runt completion '), /bash.*fish.*zsh/s)
})

test('zsh takes the script, and completes by it', { skip: missing('zsh') }, () => {
  const script = `autoload -U compinit && compinit -u -D
    fpath=(${scratch}/functions $fpath); source "$FILE"
    [[ $_comps[runt] == _runt ]] && whence -w _runt_containers
    zmodload zsh/zpty
    zpty -b z zsh -f -i
    zpty -w z "PS1=; autoload -U compinit && compinit -u -D; source $FILE; zstyle ':completion:*' list-colors ''; print -r -- it''self"
    zpty -r z ready $'*itself\r\n'
    zpty -w -n z $'runt fea\\t'
    zpty -r z out '*features*' && echo completed`
  assert.match(runShell('zsh', script), /_runt_containers: function\n.*completed/s)
})

test('another shell', () => {
  const { status, stderr } = spawnSync(runt, ['completion', 'tcsh'], { encoding: 'utf8' })
  assert.match(stderr, /^runt: .*"tcsh": expected bash, zsh or fish\n$/)
  assert.equal(status, 1)
})
