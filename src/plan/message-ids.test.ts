// Tests that what init says at a gate or with a return means one thing only: the ids are given by the steps that use
// them, each in its own file.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RETURN_BEGIN, RETURN_END, RETURN_STDERR, RETURN_STDOUT } from './steps/command.ts'
import { GATE_HOOKS } from './steps/hooks.ts'
import { GATE_OPEN } from './steps/id-maps.ts'
import { GATE_FORKED } from './steps/namespaces.ts'
import { RETURN_REFUSAL } from './steps/networks.ts'
import { RETURN_COMMAND, RETURN_COMMAND_STATUS } from './steps/post-mortem.ts'
import { RETURN_LISTENER } from './steps/seccomp.ts'
import { RETURN_TERMINAL } from './steps/terminal.ts'
import { GATE_LOOKUP, RETURN_GROUP, RETURN_PASSWD } from './steps/userdb.ts'

it('no two gates and no two returns have the same id', () => {
  const gates: readonly number[] = [GATE_LOOKUP, GATE_FORKED, GATE_OPEN, GATE_HOOKS]
  const returns: readonly number[] = [
    ...[RETURN_PASSWD, RETURN_GROUP, RETURN_REFUSAL, RETURN_TERMINAL],
    ...[RETURN_COMMAND, RETURN_COMMAND_STATUS, RETURN_LISTENER],
    ...[RETURN_BEGIN, RETURN_END, RETURN_STDOUT, RETURN_STDERR],
  ]
  for (const ids of [gates, returns]) assert.equal(new Set(ids).size, ids.length, ids.join(' '))
})
