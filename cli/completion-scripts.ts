// The shell scripts of `completion`: each hands the typed words to the hidden command __complete, whose last line is
// `:<directive>` (bits: 1 error, 2 no space, 4 no file names), and offers the lines before it.

export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/** Both names of the program on the PATH complete alike. */
const programs = ['slipway', 'kubectl-argo-rollouts'];

export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for slipway and kubectl-argo-rollouts
_slipway_complete() {
  local current="\${COMP_WORDS[COMP_CWORD]}" answer directive line
  local -a candidates=()
  answer=$("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  directive="\${answer##*:}"
  while IFS= read -r line; do
    [[ "$line" == :* || -z "$line" ]] && continue
    line="\${line%%$'\\t'*}"
    [[ "$line" == "$current"* ]] && candidates+=("$line")
  done <<< "$answer"
  COMPREPLY=()
  (( directive & 1 )) && return
  COMPREPLY=("\${candidates[@]}")
  (( directive & 2 )) && compopt -o nospace
  return 0
}
${programs.map((program) => `complete -F _slipway_complete ${program}\n`).join('')}`,

  zsh: `#compdef ${programs.join(' ')}
# zsh completion for slipway and kubectl-argo-rollouts
_slipway_complete() {
  local answer line directive
  local -a candidates
  answer=$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null) || return
  directive="\${answer##*:}"
  for line in "\${(@f)answer}"; do
    [[ "$line" == :* || -z "$line" ]] && continue
    candidates+=("\${\${line//:/\\\\:}/$'\\t'/:}")
  done
  (( directive & 1 )) && return 1
  if (( directive & 2 )); then
    _describe 'slipway' candidates -S ''
  else
    _describe 'slipway' candidates
  fi
}
if [ "$funcstack[1]" = "_slipway" ]; then
  _slipway_complete
else
  compdef _slipway_complete ${programs.join(' ')}
fi
`,

  fish: `# fish completion for slipway and kubectl-argo-rollouts
function __slipway_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answer ($words[1] __complete $words[2..-1] 2>/dev/null)
  for line in $answer
    string match -q ':*' -- $line; or echo $line
  end
end
${programs.map((program) => `complete -c ${program} -f -a '(__slipway_complete)'\n`).join('')}`,

  powershell: `# PowerShell completion for slipway and kubectl-argo-rollouts
Register-ArgumentCompleter -Native -CommandName ${programs.map((program) => `'${program}'`).join(', ')} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursorPosition } | ForEach-Object { "$_" })
  $program = $words[0]
  $arguments = @($words | Select-Object -Skip 1)
  if ($wordToComplete -eq '') { $arguments += '""' }
  & $program __complete @arguments 2>$null | Where-Object { $_ -notlike ':*' -and $_ -ne '' } | ForEach-Object {
    $name, $description = $_ -split "\`t", 2
    if (-not $description) { $description = $name }
    if ($name -like "$wordToComplete*") {
      [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $description)
    }
  }
}
`,
};
