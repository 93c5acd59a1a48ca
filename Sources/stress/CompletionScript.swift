/// What a shell completes in a command line that names no subcommand and so means `run`: the parser's scripts offer
/// only subcommands there.
import ArgumentParser

enum CompletionScript {
  /// - Returns: the script with what it lacks; any other text as it is.
  static func offeringRun(_ text: String) -> String {
    guard let place = places.first(where: { text.hasPrefix($0.beginning) }), let range = text.firstRange(of: place.line)
    else { return text }
    return text.replacingCharacters(in: range, with: place.line + place.addition)
  }

  private struct Place {
    /// By which a script is known.
    var beginning: String
    /// After which it has the words of the command line, and has looked at none.
    var line: String
    var addition: String
  }

  private static let places = [
    Place(
      beginning: "#!/bin/bash\n", line: "    set +o history +o posix\n",
      addition: """

            if [[ "${COMP_WORDS[1]}" = -* ]]; then
                local -a COMP_WORDS=("${COMP_WORDS[0]}" run "${COMP_WORDS[@]:1}")
                local -i COMP_CWORD="$((COMP_CWORD + 1))"
            fi

        """),
    Place(
      beginning: "#compdef ", line: "    unsetopt aliases banghist\n",
      addition: """

            if [[ "${words[2]}" = -* ]]; then
                words=("${words[1]}" run "${(@)words[2,-1]}")
                ((CURRENT++))
            fi

        """),
    Place(
      beginning: "function __", line: "    set -l unparsed_tokens (__stress_tokens -pc)\n",
      addition: """
            set -l first_word $unparsed_tokens[2..] (commandline -ct)
            if string match -q -- '-*' "$first_word[1]"
                set unparsed_tokens $unparsed_tokens[1] run $unparsed_tokens[2..]
            end

        """),
  ]
}
