/// Which steps are nobody else's business, as far as is known.
import Scheduling
import Testing

struct SharingTests {
  private static let word: UInt = 0x1000

  /// What the tasks did, one step after the other: who, whether it wrote, and whether that is news.
  private func isDecided(after steps: [(task: Int, isWrite: Bool)], by task: Int, isWrite: Bool) -> Bool {
    var sharing = Sharing()
    defer { sharing.deallocate() }
    for step in steps {
      let touches = [Sharing.Touch(address: Self.word, isWrite: step.isWrite)]
      touches.withUnsafeBufferPointer {
        sharing.add($0, of: step.task, Sharing.key(Self.word, isWrite: step.isWrite, step.task))
      }
    }
    return sharing.isDecided(Sharing.key(Self.word, isWrite: isWrite, task))
  }

  @Test func `what one task alone touches is its own`() {
    #expect(!isDecided(after: [(0, true), (0, false), (0, true)], by: 0, isWrite: true))
  }

  @Test func `what all only read is no decision of anybody's`() {
    #expect(!isDecided(after: [(0, false), (1, false)], by: 0, isWrite: false))
    #expect(!isDecided(after: [(0, false), (1, false)], by: 1, isWrite: false))
  }

  @Test func `who reads what another writes decides, and who writes it, but not where the writer reads`() {
    let steps = [(0, true), (0, false), (1, false)]
    #expect(isDecided(after: steps, by: 0, isWrite: true))
    #expect(isDecided(after: steps, by: 1, isWrite: false))
    #expect(!isDecided(after: steps, by: 0, isWrite: false))
  }

  @Test func `where two write, each step on the word decides`() {
    let steps = [(0, false), (0, true), (1, true)]
    for task in 0...1 { #expect(isDecided(after: steps, by: task, isWrite: true)) }
    #expect(isDecided(after: steps, by: 0, isWrite: false))
  }

  @Test func `a step that touches more is decided on for any of it, and that is news once`() {
    var sharing = Sharing()
    defer { sharing.deallocate() }
    func step(_ task: Int, at place: UInt, _ touches: [(UInt, Bool)]) {
      touches.map { Sharing.Touch(address: $0.0, isWrite: $0.1) }.withUnsafeBufferPointer {
        sharing.add($0, of: task, Sharing.key(place, isWrite: false, task))
      }
    }
    step(0, at: 0x2000, [(0x2000, false), (Self.word, true)])
    step(1, at: 0x3000, [(0x3000, false)])
    #expect(!sharing.hasChanged)
    step(1, at: 0x3008, [(0x3008, false), (Self.word, false)])
    #expect(sharing.hasChanged)
    #expect(sharing.isDecided(Sharing.key(0x3008, isWrite: false, 1)))
    // The other's step shows it when it is taken again.
    #expect(!sharing.isDecided(Sharing.key(0x2000, isWrite: false, 0)))
    sharing.hasChanged = false
    step(0, at: 0x2000, [(0x2000, false), (Self.word, true)])
    #expect(sharing.hasChanged && sharing.isDecided(Sharing.key(0x2000, isWrite: false, 0)))
    sharing.hasChanged = false
    step(0, at: 0x2000, [(0x2000, false), (Self.word, true)])
    #expect(!sharing.hasChanged)
  }
}
