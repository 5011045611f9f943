// Owns the completion of runt in bash. Pure.

import type { CompletedCommand, Flag, Kind } from './completion.ts'

export function bashCompletion(globals: readonly Flag[], commands: readonly CompletedCommand[]): string {
  const lists = [{ name: '', flags: globals }, ...commands]
  const names = commands.map(({ name }) => name).join(' ')
  return `# Completion of runt for bash: source it, or put it into /etc/bash_completion.d.
_runt() {
  local word skip= command= operands=0 root=/
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n $skip ]]; then
      [[ $skip == :--root ]] && root=$word
      skip=
      continue
    fi
    case $command:$word in
      ${lists.flatMap(valuePatterns).join(' | ')}) skip=$command:$word ;;
      *:-*) ;;
      :*) command=$word ;;
      *) operands=$((operands + 1)) ;;
    esac
  done
  COMPREPLY=()
  case $skip in
${lists.flatMap(({ name, flags }) => flags.flatMap((flag) => valueCase(name, flag))).join('\n')}
    ?*) return ;;
  esac
  if [[ $current == -* ]]; then
    case $command in
${lists.map(({ name, flags }) => `      ${name === '' ? "''" : name}) words='${flagWords(flags)}' ;;`).join('\n')}
    esac
  elif [[ -z $command ]]; then
    words='${names}'
  elif [[ $operands == 0 ]]; then
    case $command in
${commands.flatMap(operandCase).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _runt runt
`
}

type Named = Pick<CompletedCommand, 'name' | 'flags'>

/** `exec:--env | exec:-e`: options after which a value comes. */
function valuePatterns({ name, flags }: Named): readonly string[] {
  return flags.filter(({ kind }) => kind !== null).map((flag) => patternOf(name, flag))
}

function patternOf(name: string, { long, short }: Flag): string {
  const longs = [`${name}:--${long}`, `${name}:-${long}`]
  return [...longs, ...(short === undefined ? [] : [`${name}:-${short}`])].join(' | ')
}

function valueCase(name: string, flag: Flag): readonly string[] {
  const offer = flag.kind === null ? null : offerOf(flag.kind)
  return offer === null ? [] : [`    ${patternOf(name, flag)}) ${offer}; return ;;`]
}

function offerOf(kind: Kind): string | null {
  if (kind === 'none') return null
  const what = typeof kind === 'string' ? { file: '-f', directory: '-d' }[kind] : `-W '${kind.join(' ')}'`
  return `COMPREPLY=($(compgen ${what} -- "$current"))`
}

const flagWords = (flags: readonly Flag[]): string => flags.map(({ long }) => `--${long}`).join(' ')

function operandCase({ name, operand }: CompletedCommand): readonly string[] {
  if (operand === 'container')
    return [
      `      ${name}) words=$(if [[ $root != / ]]; then runt --root "$root" list -q; else runt list -q; fi 2>/dev/null) ;;`,
    ]
  return Array.isArray(operand) ? [`      ${name}) words='${operand.join(' ')}' ;;`] : []
}
