/// What words held before they were overwritten: how memory that is too wide to be copied goes back to a snapshot.
///
/// Off until a snapshot takes it on, so that threads, which may not share it, never write to it.
package typealias JournalPointer = UnsafeMutablePointer<Journal>

@usableFromInline package struct Journal {
  fileprivate struct Entry {
    var word: UnsafeMutablePointer<UInt32>
    var old: UInt32
  }

  package fileprivate(set) var isOn = false
  private var entries = UnsafeMutablePointer<Entry>.allocate(capacity: 64)
  private var capacity = 64
  private var count = 0
  /// Entries that are older than what `restore` goes back to.
  private var kept = 0

  package static func create() -> JournalPointer {
    let journal = JournalPointer.allocate(capacity: 1)
    journal.initialize(to: Journal())
    return journal
  }

  package static func destroy(_ journal: JournalPointer) {
    journal.pointee.entries.deallocate()
    journal.deallocate()
  }

  fileprivate mutating func append(_ entry: Entry) {
    if count == capacity {
      let wider = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
      wider.moveInitialize(from: entries, count: count)
      entries.deallocate()
      entries = wider
      capacity *= 2
    }
    (entries + count).initialize(to: entry)
    count += 1
  }

  /// The words have gone back to what they held at first by other means.
  package mutating func forget() {
    count = 0
    kept = 0
  }

  mutating func start() { isOn = true }

  mutating func take() { kept = count }

  mutating func restore() { undo(to: kept) }

  /// Back to when the journal was turned on.
  mutating func reset() {
    undo(to: 0)
    kept = 0
  }

  /// Adds each word once, as it is now.
  func tell(_ hash: inout StateHash) {
    for index in kept..<count {
      let word = entries[index].word
      if (kept..<index).contains(where: { entries[$0].word == word }) { continue }
      if word.pointee != entries[index].old { hash.add(UInt(bitPattern: word), UInt64(word.pointee)) }
    }
  }

  private mutating func undo(to goal: Int) {
    while count > goal {
      count -= 1
      entries[count].word.pointee = entries[count].old
    }
  }
}

extension JournalPointer {
  /// `word` is about to be overwritten, or has just been by the task that calls. Does nothing while the journal is off:
  /// threads only read that it is.
  @inline(__always) package func note(_ word: UnsafeMutablePointer<UInt32>, old: UInt32) {
    if _slowPath(pointee.isOn) { pointee.append(Journal.Entry(word: word, old: old)) }
  }
}
