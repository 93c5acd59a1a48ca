/// What a violation leaves behind: the command that runs its round again, the last events, the seed on disk.
import Campaign
import Foundation
import Machine
import MirrorMMU
import SecureEPT
import Testing

extension SoakTests {
  @Suite struct EvidenceTests {
    private let broken = SoakConfiguration(
      threads: 1, length: .rounds(50), seed: 0xdead_beef_0042, mutant: .restoreNew, policy: .huge, busyPercent: 0.5,
      perturbation: .off, memoryGiB: 1, firstRound: 17)

    @Test func `the command that a violation prints names its seed, its round and all that decides it`() throws {
      let record = Runs.run(broken)
      let violation = try #require(record.violations.first)
      let command = violation.command
      #expect(command.hasPrefix("stress "))
      #expect(try SeedText.parse(#require(Runs.option("--seed", in: command))) == broken.seed)
      #expect(UInt64(try #require(Runs.option("--first-round", in: command))) == violation.round)
      #expect(violation.round >= 17)
      #expect(violation.round == 17 + record.rounds)
      #expect(Runs.option("--rounds", in: command) == "1")
      #expect(Runs.option("--threads", in: command) == "1")
      #expect(Runs.option("--mutant", in: command) == "restore-new")
      #expect(Runs.option("--policy", in: command) == "huge")
      #expect(Runs.option("--busy", in: command) == "0.5")
      #expect(Runs.option("--perturb", in: command) == "off")
      #expect(Runs.option("--memory-gib", in: command) == "1")
      #expect(Runs.option("--mix", in: command) == nil, "the default is left out")
    }

    @Test func `its round run again by one thread breaks the same rule at the same place`() throws {
      let first = try #require(Runs.run(broken).violations.first)
      var again = broken
      again.length = .rounds(1)
      again.firstRound = first.round
      let second = try #require(Runs.run(again).violations.first)
      #expect(first == second)
    }

    @Test func `a mix that is not the default is part of the command`() throws {
      var configuration = broken
      configuration.mix = try #require(OperationMix([.fault: 3, .zap: 1]))
      configuration.busyPercent = 20
      let violation = try #require(Runs.run(configuration).violations.first)
      let text = try #require(Runs.option("--mix", in: violation.command))
      #expect(try MixText.parse(text) == configuration.mix)
    }

    @Test func `the last events are the violating thread's own, in order, down to the store that broke the rule`()
      throws
    {
      let violation = try #require(Runs.run(broken).violations.first)
      #expect(violation.checker == "ORD-3")
      #expect(!violation.events.isEmpty && violation.events.count <= 32)
      #expect(violation.events.map(\.order) == violation.events.indices.map(UInt64.init))
      let about = violation.events.filter { $0.gfn == violation.gfn && $0.level == violation.level }
      let tail = about.suffix(3)
      #expect(tail.map(\.event).first == "cmpxchg")
      #expect(tail.dropFirst().first?.new == "OPERAND_BUSY")
      #expect(tail.last?.event == "store" && tail.last?.old == "FROZEN")
    }

    @Test func `while a run lasts its seed and round stand on disk, and a clean end removes them`() throws {
      let configuration = SoakConfiguration(threads: 2, length: .seconds(60), seed: 0x5eed, memoryGiB: 1, firstRound: 9)
      var seen: (text: String, round: UInt64)?
      var path = ""
      let record = Runs.named { name in
        let soak = Soak(configuration: configuration, stateName: name)
        path = Runs.statePath(name)
        return soak.run(progress: { progress in
          guard seen == nil else { return }
          seen = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "", 9 + progress.rounds)
          soak.requestStop()
        })
      }
      #expect(record.verdict == .clean && record.interrupted)
      let state = try #require(seen)
      let command = try #require(state.text.split(separator: "\n").first { !$0.hasPrefix("#") }).description
      #expect(try SeedText.parse(#require(Runs.option("--seed", in: command))) == 0x5eed)
      #expect(UInt64(try #require(Runs.option("--first-round", in: command))) == state.round)
      #expect(Runs.option("--rounds", in: command) == "1")
      #expect(!path.isEmpty && !FileManager.default.fileExists(atPath: path))
    }

    @Test func `a run with a violation leaves its round on disk`() throws {
      let (record, text) = try Runs.named { name in
        let record = Soak(configuration: broken, stateName: name).run()
        return (record, try String(contentsOfFile: Runs.statePath(name), encoding: .utf8))
      }
      let violation = try #require(record.violations.first)
      let command = try #require(text.split(separator: "\n").first { !$0.hasPrefix("#") }).description
      #expect(UInt64(try #require(Runs.option("--first-round", in: command))) == violation.round)
    }
  }
}
