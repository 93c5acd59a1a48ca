/// The subcommands and options of `stress`, as its parser tells them, without the hidden ones.
import Foundation
import Testing

struct Interface: Sendable {
  private struct Dump: Decodable {
    var command: Command
  }

  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        var kind: String
        var name: String

        var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
      }

      var kind: String
      var names: [Name]?
      var shouldDisplay: Bool
    }

    var commandName: String
    var defaultSubcommand: String?
    var shouldDisplay: Bool
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  private let root: String
  private let defaultCommand: String
  /// By the words of the subcommand: its options, and whether a value follows.
  private let options: [String: [String: Bool]]
  /// Those of the parser itself, which it does not tell.
  private static let builtIn = ["--generate-completion-script": true]

  static let stress = Result { try Interface() }

  private init() throws {
    let result = try StressCommand.run(["--experimental-dump-help"])
    let command = try JSONDecoder().decode(Dump.self, from: Data(result.output.utf8)).command
    var options: [String: [String: Bool]] = [:]
    func add(_ command: Command, _ path: String) {
      let own = (command.arguments ?? []).filter { $0.shouldDisplay && $0.kind != "positional" }.flatMap { argument in
        (argument.names ?? []).map { ($0.text, argument.kind == "option") }
      }
      options[path] = Dictionary(own) { $0 || $1 }
      for child in command.subcommands ?? [] where child.shouldDisplay {
        add(child, path.isEmpty ? child.commandName : "\(path) \(child.commandName)")
      }
    }
    add(command, "")
    root = command.commandName
    defaultCommand = command.defaultSubcommand ?? ""
    self.options = options
  }

  /// The words of each subcommand, without `help`, which is the parser's.
  var subcommands: [String] { options.keys.filter { !$0.isEmpty && $0 != "help" }.sorted() }

  var allOptions: Set<String> { Set(options.values.flatMap(\.keys)).union(Self.builtIn.keys) }

  /// The words behind `stress` or `scripts/stress`; nil of a command of something else.
  func arguments(of command: String) -> [Substring]? {
    let words = command.split(separator: " ")
    if ["stress", "scripts/stress"].contains(words.first) { return Array(words.dropFirst()) }
    // In a sentence the name of the command may be left out.
    return words.first.map { options.keys.contains(String($0)) } == true ? words : nil
  }

  /// The subcommand that the words begin with.
  func subcommand(of arguments: [Substring]) -> String {
    let paths = arguments.indices.map { arguments[...$0].joined(separator: " ") }
    return paths.last { options.keys.contains($0) } ?? ""
  }

  /// The options among the words that their subcommand does not have.
  func unknownOptions(in arguments: [Substring]) -> [String] {
    let path = subcommand(of: arguments)
    var known = options[path] ?? [:]
    if path.isEmpty { known.merge(options[defaultCommand] ?? [:]) { $0 || $1 } }
    known.merge(Self.builtIn) { first, _ in first }
    var unknown: [String] = []
    var isValue = false
    for word in arguments {
      if ["--", ">", "|", "&&", ";"].contains(word) { break }
      defer { isValue = !isValue && !word.contains("=") && known[String(word)] == true }
      guard !isValue, word.hasPrefix("-"), word.count > 1 else { continue }
      let name = String(word.prefix { $0 != "=" })
      if known[name] == nil { unknown.append(name) }
    }
    return unknown
  }
}
