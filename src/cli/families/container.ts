// Owns which commands share one piece of bytecode: those that start containers, or plan to.

import type { Command } from '../command.ts'
import { explain } from '../commands/explain.ts'
import { run } from '../commands/run.ts'

export const container: Readonly<Record<string, Command>> = { run, explain }
