/// Which words more than one task meets, as far as the executions of an episode have shown, and at which schedule
/// points therefore something is to be decided.
///
/// A step that reads no word which another task ever writes, and writes none which another ever touches, commutes with
/// all that others do: whoever runs it first loses nothing. That holds for good once no execution shows otherwise:
/// the first step that would, of any execution, can be brought to where it shows by moving what is independent out of
/// its way, and such an execution is one of those that were run.
import Machine

package struct Sharing {
  /// What one step does to one word.
  package struct Touch: BitwiseCopyable {
    var address: UInt
    var isWrite: Bool

    package init(address: UInt, isWrite: Bool) {
      self.address = address
      self.isWrite = isWrite
    }
  }

  private struct Word: BitwiseCopyable {
    var address: UInt = 0
    /// Bits by task.
    var readers: UInt64 = 0
    var writers: UInt64 = 0

    /// Whose writes of it others may see, or write over; whose reads others may write before.
    var meeting: (writers: UInt64, readers: UInt64) {
      let all = readers | writers
      guard writers != 0 && all & (all &- 1) != 0 else { return (0, 0) }
      return (writers, writers & (writers &- 1) != 0 ? readers : readers & ~writers)
    }
  }

  private var words: UnsafeMutablePointer<Word>
  private var mask = 1023
  private var count = 0
  /// Steps that begin with an access of one of these words are decided on.
  private var decided = NumberSet()
  /// What was taken for a task's own was not: what was left out for that is missing.
  package var hasChanged = false
  /// Nothing is decided on: for a test.
  package var isBlind = false

  package init() {
    words = .allocate(capacity: mask + 1)
    words.initialize(repeating: Word(), count: mask + 1)
  }

  package func deallocate() {
    words.deallocate()
    decided.deallocate()
  }

  mutating func removeAll() {
    words.update(repeating: Word(), count: mask + 1)
    count = 0
    decided.removeAll()
    hasChanged = false
  }

  /// With what a step of `task` begins. Of more than four tasks some share a key, and are decided on alike.
  /// - Parameter place: of the word that it accesses, or its kind where it has none.
  @inline(__always) package static func key(_ place: UInt, isWrite: Bool, _ task: Int) -> UInt {
    place & ~7 | UInt(task & 3) << 1 | (isWrite ? 1 : 0)
  }

  /// Whether steps that begin with this are decided on.
  @inline(__always) package func isDecided(_ key: UInt) -> Bool { decided.contains(UInt64(key)) }

  mutating func decide(_ key: UInt) { if !isBlind, decided.insert(UInt64(key)) { hasChanged = true } }

  /// A step of `task` that began with `key` has touched these.
  package mutating func add(_ touches: UnsafeBufferPointer<Touch>, of task: Int, _ key: UInt) {
    let own: UInt64 = 1 << UInt64(task)
    var meets = false
    for touch in touches {
      let address = touch.address & ~7
      let word = slot(address)
      let before = word.pointee.meeting
      if touch.isWrite { word.pointee.writers |= own } else { word.pointee.readers |= own }
      let now = word.pointee.meeting
      if (touch.isWrite ? now.writers : now.readers) & own != 0 { meets = true }
      guard now != before else { continue }
      // Steps that were taken for their tasks' own may have touched it; for those that begin with it no execution
      // need show that.
      hasChanged = !isBlind
      decideAll(address, now.writers & ~before.writers, isWrite: true)
      decideAll(address, now.readers & ~before.readers, isWrite: false)
    }
    if meets { decide(key) }
  }

  private mutating func decideAll(_ address: UInt, _ tasks: UInt64, isWrite: Bool) {
    var rest = tasks
    while rest != 0 {
      decide(Self.key(address, isWrite: isWrite, rest.trailingZeroBitCount))
      rest &= rest &- 1
    }
  }

  private mutating func slot(_ address: UInt) -> UnsafeMutablePointer<Word> {
    // Address 0 is that of the TD as a whole, and no word is at 7.
    let address = address == 0 ? 7 : address
    if _slowPath(count * 2 > mask) { grow() }
    let word = place(address)
    if word.pointee.address == 0 {
      word.pointee.address = address
      count &+= 1
    }
    return word
  }

  private func place(_ address: UInt) -> UnsafeMutablePointer<Word> {
    var index = Int(truncatingIfNeeded: (address >> 2) &* 0x9e37_79b9_7f4a_7c15 >> 32) & mask
    while words[index].address != 0 && words[index].address != address { index = (index &+ 1) & mask }
    return words + index
  }

  private mutating func grow() {
    let (old, oldCount) = (words, mask + 1)
    mask = 2 * oldCount - 1
    words = .allocate(capacity: mask + 1)
    words.initialize(repeating: Word(), count: mask + 1)
    for index in 0..<oldCount where old[index].address != 0 {
      place(old[index].address).initialize(to: old[index])
    }
    old.deallocate()
  }
}
