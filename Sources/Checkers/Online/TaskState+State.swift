/// What the online checkers remember, field by field, as a part of a world's state: between the fields of a struct
/// stands whatever stood there before.
import Machine

extension TaskState {
  /// Adds all but hash and time of the events that were read, on which nothing that is checked depends.
  /// - Parameter place: a number of the task's own.
  func tell(_ hash: inout StateHash, _ place: UInt) {
    var words = Words(place: place << 32)
    words.add(UInt64(lockMode.rawValue), &hash)
    words.add(readEpoch, &hash)
    words.add(writeEpoch, &hash)
    words.add(thawedGfn, &hash)
    words.add(UInt64(thawedLevel) << 8 | UInt64(thawedSuccesses), &hash)
    words.add(UInt64(premapped.entry), &hash)
    words.add(premapped.gfn, &hash)
    words.add(UInt64(lost.entry), &hash)
    words.add(lost.expected, &hash)
    words.add(lost.seen, &hash)
    words.add(UInt64(lost.count), &hash)
    words.add(UInt64(openCount), &hash)
    for index in 0..<openCount { open[index].tell(&words, &hash) }
    words.add(UInt64(unmappedCount), &hash)
    for index in 0..<unmappedCount { unmapped.at(index).pointee.tell(&words, &hash) }
    words.add(UInt64(lookupCount), &hash)
    for index in 0..<lookupCount { lookups.at(index).pointee.tell(&words, &hash) }
    words.add(UInt64(grantCount), &hash)
    for index in 0..<grantCount { grants.at(index).pointee.tell(&words, &hash) }
    words.add(UInt64(protectionCount), &hash)
    for index in 0..<protectionCount { protections.at(index).pointee.tell(&words, &hash) }
    words.add(UInt64(answerCount), &hash)
    for index in 0..<answerCount { answers.at(index).pointee.tell(&words, &hash) }
    words.add(UInt64(withdrawalCount), &hash)
    for index in 0..<withdrawalCount { withdrawals.at(index).pointee.tell(&words, &hash) }
  }
}

/// Words one after the other, each in a place of its own.
struct Words {
  var place: UInt

  mutating func add(_ word: UInt64, _ hash: inout StateHash) {
    hash.add(place, word)
    place += 1
  }

  mutating func add(_ range: Range<Gfn>, _ hash: inout StateHash) {
    add(range.lowerBound, &hash)
    add(range.upperBound, &hash)
  }
}

extension OpenChange {
  fileprivate func tell(_ words: inout Words, _ hash: inout StateHash) {
    words.add(gfn, &hash)
    words.add(old, &hash)
    words.add(UInt64(entry) | UInt64(level) << 32 | (isMirror ? 1 << 40 : 0) | (isExclusive ? 1 << 41 : 0), &hash)
    words.add(UInt64(attempts) << 8 | UInt64(successes), &hash)
  }
}

extension MappingLedger.Unmapped {
  fileprivate func tell(_ words: inout Words, _ hash: inout StateHash) {
    words.add(range, &hash)
    words.add(first, &hash)
    words.add(last, &hash)
    words.add((isPrivate ? 1 : 0) | (isShared ? 2 : 0) | (isOfOneRoot ? 4 : 0) | (givesBack ? 8 : 0), &hash)
  }
}

extension MappingLedger.Lookup {
  fileprivate func tell(_ words: inout Words, _ hash: inout StateHash) {
    words.add(gfn << 2 | (isPrivate ? 1 : 0) | (isHuge ? 2 : 0), &hash)
    words.add(lookedUpAt, &hash)
    words.add(mappedAt, &hash)
  }
}

extension BitsWritten {
  fileprivate func tell(_ words: inout Words, _ hash: inout StateHash) {
    words.add(gfn << 3 | UInt64(level), &hash)
    words.add(stamp, &hash)
    words.add(bits, &hash)
  }
}

extension BitsPromised {
  fileprivate func tell(_ words: inout Words, _ hash: inout StateHash) {
    words.add(range, &hash)
    words.add(bits, &hash)
    words.add(begin, &hash)
  }
}
