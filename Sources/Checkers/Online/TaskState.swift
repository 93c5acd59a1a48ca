/// What the online checkers remember of one task, and the one place where its events are dealt to them.
///
/// Most events concern few rules: each kind is dealt by hand, so that a rule costs nothing where it cannot be broken.
import Machine

/// An SPTE that this task is changing: frozen by it, or written under the exclusive lock and not yet propagated.
struct OpenChange {
  var entry: UInt32 = 0
  var gfn: Gfn = 0
  var old: UInt64 = 0
  var level: UInt8 = 0
  var isMirror = false
  /// Written first and propagated afterwards, under the exclusive lock; otherwise frozen under the shared one.
  var isExclusive = false
  var attempts: UInt8 = 0
  var successes: UInt8 = 0
}

struct TaskState: BitwiseCopyable {
  static let capacity = 8

  /// Open changes, oldest first. One at a time is what the protocol needs; a walk that takes a subtree down nests.
  var open: InlineArray<8, OpenChange> = .init(repeating: OpenChange())
  var openCount = 0
  var lockMode = Task.LockMode.none
  /// Hash of the events read so far.
  var digest: UInt64 = 0
  /// Stamp of the event that is being read.
  var now: UInt64 = 0
  /// `MmuLock.epoch` of the current read section.
  var readEpoch: UInt64 = 0
  /// The same of the current write section.
  var writeEpoch: UInt64 = 0
  /// The last mirror SPTE that was thawed in this section, for an external write that comes once more.
  var thawedGfn: Gfn = 0
  var thawedLevel: UInt8 = 0
  var thawedSuccesses: UInt8 = 0
  /// The SPTE of an initial page that is present before its PAGE.ADD, entry 0 for none.
  var premapped = Premapped()
  /// The last cmpxchg that was lost, and how often in this operation.
  var lost = LostCmpxchg()
  /// How many of `unmapped`, of `lookups` and so on there are.
  var unmappedCount = 0
  var lookupCount = 0
  var grantCount = 0
  var protectionCount = 0
  var answerCount = 0
  var withdrawalCount = 0

  /// By `CheckerID.rawValue`. These go on counting when a snapshot is restored, and so does any field after them; all
  /// fields before them go back.
  var checks: InlineArray<32, UInt64> = .init(repeating: 0)
  /// What operations of this task promised to have unmapped, for MAP-1: in order, so that `last` never falls.
  var unmapped = Records<MappingLedger.Unmapped>()
  /// Faults of this task between whose lookup and mapping write sections came, for MAP-1.
  var lookups = Records<MappingLedger.Lookup>()
  /// Writes of this task that set W or D in leaves, and operations that cleared them, for WP-1.
  var grants = Records<BitsWritten>()
  var protections = Records<BitsPromised>()
  /// Faults of this task that were answered, and writes of it that left leaves without W or X, for MAP-1.
  var answers = Records<BitsPromised>()
  var withdrawals = Records<BitsWritten>()

  /// How much of the state a snapshot puts back. It is copied as bytes: the state must stay free of references.
  static var restoredBytes: Int {
    guard let bytes = MemoryLayout<TaskState>.offset(of: \.checks) else { preconditionFailure("a stored field") }
    return bytes
  }

  func deallocate() {
    unmapped.deallocate()
    lookups.deallocate()
    grants.deallocate()
    protections.deallocate()
    answers.deallocate()
    withdrawals.deallocate()
  }

  @inline(__always) mutating func count(_ checker: CheckerID) { checks[Int(checker.rawValue)] &+= 1 }

  mutating func append(_ record: MappingLedger.Unmapped) { unmapped.put(record, at: &unmappedCount) }

  mutating func append(_ lookup: MappingLedger.Lookup) { lookups.put(lookup, at: &lookupCount) }
}

extension UnsafeMutablePointer where Pointee == TaskState {
  @inline(__always) func digest(_ event: UnsafePointer<Event>) {
    func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
      let word = (left ^ right) &* 0xbf58_476d_1ce4_e5b9
      return word ^ (word >> 31)
    }
    let kind = UInt64(event.pointee.kind.code) << 56 | UInt64(event.pointee.flags) << 48
    let place = kind | UInt64(event.pointee.level) << 44 | UInt64(event.pointee.entry)
    var hash = mix(pointee.digest, event.pointee.stamp)
    hash = mix(hash, place)
    hash = mix(hash, event.pointee.gfn)
    hash = mix(hash, event.pointee.old)
    pointee.digest = mix(hash &* 0x94d0_49bb_1331_11eb, event.pointee.new)
  }

  @inline(__always) func read(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    pointee.now = event.pointee.stamp
    switch event.pointee.kind {
    case .cmpxchg, .xchg, .fetchAnd, .store: write(event, task)
    case .seamcall: seamcall(event, task)
    case .readLock:
      pointee.lockMode = .read
      pointee.readEpoch = event.pointee.new
    case .writeLock:
      pointee.lockMode = .write
      pointee.writeEpoch = event.pointee.new
    case .readUnlock, .writeUnlock:
      leaveSection(task, "dropped mmu_lock")
      pointee.lockMode = .none
    case .operationEnd: endOperation(event, task)
    case .cmpxchgLost: lostCmpxchg(event, task)
    case .operationBegin: pointee.lost.count = 0
    case .lockYielded, .tableAllocated, .tableFreed, .tableDeferred: break
    }
  }

  /// A write of an SPTE. Whose it is decides which rules apply.
  @inline(__always) private func write(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    pointee.count(.frz2)
    let index = openIndex(entry: event.pointee.entry)
    if index >= 0 && !pointee.open[index].isExclusive {
      checkOwner(event, pointee.open[index], task)
      if event.pointee.new != Spte.frozen {
        if pointee.open[index].isMirror {
          checkThaw(event, pointee.open[index], task)
          notePruned(event, pointee.open[index])
          pointee.thawedGfn = event.pointee.gfn
          pointee.thawedLevel = event.pointee.level
          pointee.thawedSuccesses = pointee.open[index].successes
        } else {
          noteRecovered(event, pointee.open[index], task)
        }
        close(index)
      }
      return
    }
    checkForeignWrite(event, task)
    if event.pointee.root == .direct {
      checkSeen(event, task)
      noteGrant(event)
      noteWithdrawal(event, task)
    }
    if event.pointee.new == Spte.frozen {
      let transient =
        event.pointee.kind == .cmpxchg || (event.pointee.kind == .store && pointee.lockMode != .write)
      if transient { add(event, task, exclusive: false) } else { checkRemovedChild(event, task) }
    } else if event.pointee.root == .mirror {
      checkUnfrozenWrite(event, task)
    } else if task.pointee.currentOperation == .nxRecover {
      noteRemoval(event)
    }
  }

  // MARK: The list of open changes

  /// - Returns: -1 if the task has no open change of that entry.
  @inline(__always) func openIndex(entry: UInt32) -> Int {
    var index = pointee.openCount - 1
    while index >= 0 && pointee.open[index].entry != entry { index -= 1 }
    return index
  }

  @inline(__always) func openIndex(gfn: Gfn, level: UInt8, exclusive: Bool) -> Int {
    var index = pointee.openCount - 1
    while index >= 0 {
      let change = pointee.open[index]
      if change.gfn == gfn && change.level == level && change.isMirror && change.isExclusive == exclusive { break }
      index -= 1
    }
    return index
  }

  func add(_ event: UnsafePointer<Event>, _ task: TaskPointer, exclusive: Bool) {
    // More at once than the list holds: the protocol has one at a time, whoever freezes nine forgets to thaw.
    if _slowPath(pointee.openCount == TaskState.capacity) {
      leaveSection(task, "went on freezing")
    }
    pointee.open[pointee.openCount] = OpenChange(
      entry: event.pointee.entry, gfn: event.pointee.gfn, old: event.pointee.old, level: event.pointee.level,
      isMirror: event.pointee.root == .mirror, isExclusive: exclusive)
    pointee.openCount += 1
  }

  func close(_ index: Int) {
    var next = index + 1
    while next < pointee.openCount {
      pointee.open[next - 1] = pointee.open[next]
      next += 1
    }
    pointee.openCount -= 1
  }

  /// The same of a table of the mirror root, which is frozen before it goes.
  @inline(__always) private func notePruned(_ event: UnsafePointer<Event>, _ change: OpenChange) {
    let level = Int(change.level)
    guard _slowPath(Spte.isNonLeaf(change.old, level)), !Spte.isShadowPresent(event.pointee.new) else { return }
    noteShared(change.gfn..<(change.gfn + Spte.pages(level)), isPrivate: true)
  }

  /// The same of a table of the direct root, where huge pages are recovered by zapping the tables in their place.
  @inline(__always) private func noteRecovered(
    _ event: UnsafePointer<Event>, _ change: OpenChange, _ task: TaskPointer
  ) {
    let level = Int(change.level)
    guard _slowPath(Spte.isNonLeaf(change.old, level)), !Spte.isShadowPresent(event.pointee.new) else { return }
    let recovers = task.pointee.currentOperation == .recover || task.pointee.currentOperation == .logDirty
    guard recovers, CheckerSuite.of(task)?.pointee.recoversByZap ?? false else { return }
    noteShared(change.gfn..<(change.gfn + Spte.pages(level)), isPrivate: false)
  }

  private func noteShared(_ range: Range<Gfn>, isPrivate: Bool) {
    pointee.append(
      .init(
        range: range, isPrivate: isPrivate, first: pointee.readEpoch, last: pointee.readEpoch, isShared: true))
  }

  /// MAP-1 learns from the access itself that a table was taken out of the direct root: under the shared lock, or, up
  /// to Linux 6.17, under the exclusive one.
  private func noteRemoval(_ event: UnsafePointer<Event>) {
    let level = Int(event.pointee.level)
    guard Spte.isNonLeaf(event.pointee.old, level), !Spte.isShadowPresent(event.pointee.new) else { return }
    let range = event.pointee.gfn..<(event.pointee.gfn + Spte.pages(level))
    if pointee.lockMode == .write {
      pointee.append(
        .init(
          range: range, isPrivate: false, first: pointee.writeEpoch, last: pointee.writeEpoch, isOfOneRoot: true))
    } else if event.pointee.kind == .cmpxchg {
      noteShared(range, isPrivate: false)
    }
  }
}
