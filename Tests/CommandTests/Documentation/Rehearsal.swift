/// How a test runs a command that a document shows, where as it is typed will not do.
struct Rehearsal: Sendable {
  /// As the documents have it.
  var command: String
  /// Options behind it that make it short or repeatable.
  var adding = ""
  /// Commands that a reader has typed before it.
  var after: [String] = []
  /// Where it is not the usual one.
  var status: Int32?
  /// The output depends on time or on the machine: each figure in it may be another one.
  var figuresVary = false
  /// The file that runs it in its place, from the root of the repository.
  var elsewhere: String?
  /// Why nothing runs it: what it does reaches beyond a test.
  var notRun: String?

  init(
    _ command: String, adding: String = "", after: [String] = [], status: Int32? = nil, figuresVary: Bool = false,
    elsewhere: String? = nil, notRun: String? = nil
  ) {
    self.command = command
    self.adding = adding
    self.after = after
    self.status = status
    self.figuresVary = figuresVary
    self.elsewhere = elsewhere
    self.notRun = notRun
  }

  /// The name of what it runs, as a file that runs it in its place must have it.
  var program: String {
    let words = command.split(separator: " ")
    return String(words.first == "git" ? words.prefix(2).last ?? "" : words.first?.split(separator: "/").last ?? "")
  }

  /// A race that is asked for, or shown, is found: 1.
  func expectedStatus(shown: [String]) -> Int32 {
    if let status { return status }
    let words = command.split(separator: " ")
    let asks = words.contains("--mutant") && !words.contains("matrix")
    return asks || shown.last { !$0.isEmpty }?.hasPrefix("FAIL ") == true ? 1 : 0
  }

  static func of(_ command: String) -> Rehearsal? { all.first { $0.command == command } }
}
