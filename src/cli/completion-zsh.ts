// Owns the completion of runt in zsh. Pure.

import { type CompletedCommand, type Flag, type Kind, quoted } from './completion.ts'

export function zshCompletion(globals: readonly Flag[], commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`)
  return `#compdef runt
# Completion of runt for zsh: put it into a directory of $fpath, as _runt.
_runt_containers() {
  local -a ids
  ids=(\${(f)"$(runt \${opt_args[--root]:+--root} \${opt_args[--root]} list -q 2>/dev/null)"})
  compadd -a ids
}

_runt() {
  local curcontext=$curcontext state line
  local -A opt_args
  _arguments -C \\
${argumentsOf(globals)}
    '1:command:->command' \\
    '*::argument:->argument'
  case $state in
  command)
    local -a commands=(
${described.join('\n')}
    )
    _describe command commands
    ;;
  argument)
    case $words[1] in
${commands.map(commandCase).join('\n')}
    esac
    ;;
  esac
}

if [[ $funcstack[1] == _runt ]]; then _runt "$@"; else compdef _runt runt; fi
`
}

function commandCase({ name, flags, operand }: CompletedCommand): string {
  return `    ${name})
      _arguments -S -A '-*' \\
${argumentsOf(flags)}
        ${quoted(`1:${operand === 'container' ? 'container:_runt_containers' : `argument:${actionOf(operand)}`}`)} \\
        '*:argument:_files'
      ;;`
}

function argumentsOf(flags: readonly Flag[]): string {
  return flags
    .flatMap(specsOf)
    .map((spec) => `    ${spec} \\`)
    .join('\n')
}

/** One for each name: \`'*--env[a variable]:value:'\`. */
function specsOf({ long, short, help, repeats, kind }: Flag): readonly string[] {
  const text = help.replaceAll('[', '(').replaceAll(']', ')').replaceAll(':', '\\:')
  const value = kind === null ? '' : `:value:${actionOf(kind)}`
  const spec = (name: string): string => quoted(`${repeats ? '*' : ''}${name}[${text}]${value}`)
  return [spec(`--${long}`), ...(short === undefined ? [] : [spec(`-${short}`)])]
}

function actionOf(kind: Kind): string {
  if (typeof kind !== 'string') return `(${kind.join(' ')})`
  return { file: '_files', directory: '_files -/', none: ' ' }[kind]
}
