import Foundation
import Testing

/// `report` and `merge`: what is made of records.
extension ExitPath {
  static let records: [ExitPath] = [
    ExitPath("stress report", 0, "written, whatever the record's verdict is") { try report(["a.json"], $0) },
    ExitPath("stress report", 64, "bad usage, or no record that this version can read") { scratch in
      try scratch.write("null", to: "null.json")
      return try runs("report", "null.json")(scratch)
    },
    ExitPath("stress report", 70, "a report could not be written") {
      try report(["a.json", "--text", "/dev/full"], $0)
    },
    ExitPath("stress report --compare", 0, "nothing new fails") { try compare("a.json", $0) },
    ExitPath("stress report --compare", 1, "something new fails, also in a part that the first lacks") {
      try compare("failing.json", $0)
    },
    ExitPath("stress report --compare", 64, "nothing can be compared: other campaigns, other parts, no records") {
      try compare("other.json", $0)
    },
    ExitPath("stress report --compare", 70, "nothing new fails, but the harness does, and did not in the first") {
      try compare("fault.json", $0)
    },
    ExitPath("stress report --compare", 70, "the comparison could not be written") {
      try compare("a.json", $0, output: "/dev/full")
    },
    ExitPath(
      "stress report --compare", 130, "nothing new fails, but the second was interrupted or killed, or lacks a part"
    ) { try compare("interrupted.json", $0) },

    ExitPath("stress merge", 0, "no shard found a violation") { try merge(["1.json", "2.json"], $0) },
    ExitPath("stress merge", 1, "one did") { try merge(["failing.json", "2.json"], $0) },
    ExitPath("stress merge", 64, "bad usage, or not the shards of one campaign") {
      try merge(["1.json", "1.json"], $0)
    },
    ExitPath("stress merge", 70, "a shard has a fault of the harness") { try merge(["fault.json", "2.json"], $0) },
    ExitPath("stress merge", 70, "record or report could not be written") {
      try merge(["1.json", "2.json", "--json", "/dev/full"], $0)
    },
    ExitPath("stress merge", 130, "a shard was interrupted or is missing, and no other found a violation") {
      try merge(["1.json", "--allow-missing"], $0)
    },
  ]

  private static func explore(_ options: [String], _ name: String, _ scratch: Scratch) throws {
    let arguments = ["explore", "--seed", "7", "--schedules", "64", "--quiet", "--no-minimize", "--json", name]
    _ = try StressCommand.start(arguments + options, in: scratch).finish()
  }

  /// A record with another verdict than it was made with.
  private static func change(_ name: String, to other: String, _ scratch: Scratch, _ edits: [(String, String)]) throws {
    var text = scratch.text(name)
    for (old, new) in edits {
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    try scratch.write(text, to: other)
  }

  private static let fault = [
    (#""verdict" : "clean""#, #""verdict" : "harness-fault""#),
    ("\"harnessFaults\" : [\n\n  ]", "\"harnessFaults\" : [ \"it broke\" ]"),
  ]

  private static func report(_ arguments: [String], _ scratch: Scratch) throws -> Int32 {
    try explore(["--mutant", "thaw-first", "--schedules", "2000"], "a.json", scratch)
    return try StressCommand.start(["report"] + arguments, in: scratch).finish().status
  }

  private static func compare(_ second: String, _ scratch: Scratch, output: String? = nil) throws -> Int32 {
    try explore([], "a.json", scratch)
    switch second {
    case "failing.json": try explore(["--mutant", "stay-frozen", "--schedules", "2000"], second, scratch)
    case "other.json": try explore(["--policy", "huge"], second, scratch)
    case "fault.json": try change("a.json", to: second, scratch, fault)
    case "interrupted.json":
      try change("a.json", to: second, scratch, [(#""interrupted" : false"#, #""interrupted" : true"#)])
    default: break
    }
    return try StressCommand.start(["report", "--compare", "a.json", second], in: scratch, output: output).finish()
      .status
  }

  private static func merge(_ arguments: [String], _ scratch: Scratch) throws -> Int32 {
    let mutant = arguments.contains("failing.json") ? ["--mutant", "stay-frozen"] : []
    try explore(["--shard", "1/2"] + mutant, mutant.isEmpty ? "1.json" : "failing.json", scratch)
    try explore(["--shard", "2/2"] + mutant, "2.json", scratch)
    if mutant.isEmpty { try change("1.json", to: "fault.json", scratch, fault) }
    return try StressCommand.start(["merge"] + arguments, in: scratch).finish().status
  }
}
