// Peak resident memory while every page of a 64 GiB guest is mapped with 4K.
import ArgumentParser
import CBaseline
import Campaign
import Foundation

struct MemoryBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "Peak resident memory of a 64 GiB guest with 4K mappings everywhere.")

  @OptionGroup var judgement: Judgement

  func run() throws { try judgement.report([Self.measure()]) }

  static let guestGFNs: UInt64 = 64 << 18

  /// One program that maps the whole guest; its memory is free again when `fill` returns.
  struct Subject {
    var name: String
    var fill: (_ guestGFNs: UInt64) throws -> Void
  }

  static var subjects: [Subject] {
    [
      Subject(name: "soak, all checkers on") { gfns in
        guard FullGuest.map(gib: Int(gfns >> 18)) else { throw Failure(description: "the full guest is not clean") }
      },
      Subject(name: "pthreads, tables only") { gfns in
        guard cbaseline_map_all(gfns) == gfns else { throw Failure(description: "the baseline lost pages") }
      },
    ]
  }

  static func measure() throws -> Table {
    var table = Table(title: "Memory of a 64 GiB guest, 4K everywhere (peak resident)", header: ["program", "GiB"])
    for subject in subjects {
      let peak = try peakResidentGiB { try subject.fill(guestGFNs) }
      table.add([subject.name, decimal(peak)], judged: .init(name: "GiB of \(subject.name)", value: peak))
    }
    return table
  }

  /// The kernel's own high-water mark, set back first so that an earlier benchmark's peak does not count.
  static func peakResidentGiB(_ body: () throws -> Void) throws -> Double {
    try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    try body()
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
    else { throw Failure(description: "no VmHWM in the process's status") }
    return kilobytes / 1_048_576
  }
}
