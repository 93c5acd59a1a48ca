/// A violating execution step by step, as the report's table shows it.
public struct Interleaving: Codable, Sendable, Equatable {
  public struct Row: Codable, Sendable, Equatable {
    /// Number of the step in the execution, from 1.
    public var step: UInt64
    public var thread: Int
    /// What the thread did, in the kernel's words and short: `cmpxchg FROZEN`, `PAGE.AUG -> BUSY`, `read_lock`,
    /// `fault 0x201`.
    public var action: String
    /// The value of the SPTE and of the external entry that the table is about, after the step.
    public var spte: String
    public var external: String
    public var changesSpte: Bool
    public var changesExternal: Bool
    /// The thread that ran before could have gone on.
    public var isPreemption: Bool
    /// False for what the default view hides: reads that met nothing, other entries, locks that nobody waited for.
    public var matters: Bool
    /// How many times in a row the thread did this; above 1 for a spin that was folded.
    public var repeats: UInt64

    public init(
      step: UInt64, thread: Int, action: String, spte: String, external: String, changesSpte: Bool,
      changesExternal: Bool, isPreemption: Bool, matters: Bool, repeats: UInt64 = 1
    ) {
      self.step = step
      self.thread = thread
      self.action = action
      self.spte = spte
      self.external = external
      self.changesSpte = changesSpte
      self.changesExternal = changesExternal
      self.isPreemption = isPreemption
      self.matters = matters
      self.repeats = repeats
    }
  }

  /// The threads that took part, in the order of their columns.
  public var threads: [Int]
  /// What the last two columns are about, for example `SPTE 0x201 4K` and `S-EPT 0x201 4K`.
  public var spteTitle: String
  public var externalTitle: String
  public var rows: [Row]
  /// The step that broke the rule; null where that was found after the last one.
  @NullIfAbsent public var violationStep: UInt64?

  public init(
    threads: [Int], spteTitle: String, externalTitle: String, rows: [Row], violationStep: UInt64? = nil
  ) {
    self.threads = threads
    self.spteTitle = spteTitle
    self.externalTitle = externalTitle
    self.rows = rows
    self.violationStep = violationStep
  }
}
