/// The words of a command line that name commands: the parser takes one that it does not know for an argument of `run`,
/// and passes over it behind `help`.
import ArgumentParser

enum CommandWords {
  /// - Parameter words: all that was typed behind the tool's name.
  /// - Returns: what is wrong with them, one sentence; nil if nothing is that the parser would not say.
  static func problem(_ words: [String], of root: any ParsableCommand.Type) -> String? {
    let isHelp = words.first == "help"
    var command = root
    var path = "stress"
    for word in words.dropFirst(isHelp ? 1 : 0).prefix(while: { !$0.hasPrefix("-") }) {
      let commands = command.configuration.subcommands
      if let next = commands.first(where: { $0.configuration.commandName == word }) {
        command = next
        path += " \(word)"
        continue
      }
      // The last of a command's names is followed by its arguments.
      if commands.isEmpty && !isHelp { return nil }
      return "'\(path)' has no command '\(word)'; \(allowed(names(of: command), word))"
    }
    return nil
  }

  /// What to do about an argument that is the name of a command, and stands behind options.
  static func advice(for argument: String, of root: any ParsableCommand.Type) -> String? {
    guard names(of: root).contains(argument) else { return nil }
    return "a command stands before its options, as in 'stress \(argument) --help'"
  }

  private static func names(of command: any ParsableCommand.Type) -> [String] {
    var names: [String] = []
    for subcommand in command.configuration.subcommands where subcommand.configuration.shouldDisplay {
      names.append(subcommand.configuration.commandName ?? "")
    }
    return names
  }

  private static func allowed(_ names: [String], _ word: String) -> String {
    guard !names.isEmpty else { return "it has none" }
    let nearest = NameArgument.nearest(to: word, among: names).map { " (did you mean \($0)?)" } ?? ""
    return "allowed: \(names.joined(separator: ", "))\(nearest)"
  }
}
