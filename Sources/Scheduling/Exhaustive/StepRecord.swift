/// One step of an execution as a search sees it: whose it was, and what it has touched.

struct StepAccess: BitwiseCopyable {
  /// Of the word; 0 for the TD as a whole.
  var address: UInt
  var isWrite: Bool
  /// Where the word stands in the table of words.
  var slot: Int32 = -1
  /// The step that made it, and the access of the same word before it.
  var step: Int32 = -1
  var before: Int32 = -1
  /// The last write before it.
  var write: Int32 = -1
}

struct StepRecord: BitwiseCopyable {
  var task: Int32
  /// How many steps its task had taken with it.
  var ordinal: Int32
  /// Its task's step before, -1 if it is the first.
  var before: Int32
  /// Its accesses stand from here to the next record's.
  var firstAccess: Int32
  /// The step that had let its task go on, -1 if it did not wait.
  var enabledBy: Int32 = -1
  /// It writes, or may have: tasks that wait for any write look again.
  var isChange = false
  /// Its task waits for any write now.
  var awaitsAny = false
  /// The cmpxchg that it began with was lost.
  var isLost = false
  /// The answers it was given, behind a leading one.
  var answers: UInt64 = 1
  /// Steps after all of which it comes, as nobody could go on then; 0 for none.
  var afterAll: Int32 = 0
  /// It has let another task go on.
  var letsGoOn = false
  /// Whether its task had done the same as its twin with as many steps.
  var likeness = Likeness.unknown

  enum Likeness: UInt8, BitwiseCopyable { case unknown, alike, unlike }
}

/// A footprint that a search keeps of a task that sleeps: what its next step touches.
struct Sleeper: BitwiseCopyable {
  var task: Int32
  var first: Int32
  var end: Int32
  var isChange: Bool
  var awaitsAny: Bool
}

/// A decision on the path that a search is on.
struct SearchNode: BitwiseCopyable {
  /// Not whom to run, but what to answer.
  var isQuestion = false
  var answer = false
  /// Yes has not been tried.
  var mayFlip = false
  /// The step that was chosen here, or in which was asked.
  var step: Int32
  /// Whom it runs.
  var task: Int32 = -1
  /// Bits by task: who can go on; whom the races found so far ask for; who sleeps, as what it would do is explored.
  var enabled: UInt64 = 0
  var wanted: UInt64 = 0
  var asleep: UInt64 = 0
  /// Its sleepers, and where the memory of footprints ended before it.
  var firstSleeper: Int32 = 0
  var footprints: Int32 = 0
  /// What the chosen step touched under other answers.
  var otherFirst: Int32 = 0
  var otherEnd: Int32 = 0
  var otherIsChange = false
  var otherAwaitsAny = false
}
