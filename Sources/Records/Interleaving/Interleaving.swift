/// A violating execution step by step, as the report's table shows it.
public struct Interleaving: Codable, Sendable, Equatable {
  /// An entry that a step has written with another value, decoded as in the columns.
  public struct Change: Codable, Sendable, Equatable {
    /// `mirror`, `direct` or `S-EPT`.
    public var table: String
    /// The first gfn that the entry translates, `0x` and digits.
    public var gfn: String
    /// 1 for 4K to 4 for 512G.
    public var level: Int
    public var old: String
    public var new: String

    package init(table: String, gfn: String, level: Int, old: String, new: String) {
      self.table = table
      self.gfn = gfn
      self.level = level
      self.old = old
      self.new = new
    }
  }

  /// What stood in an entry before the first row, decoded as in the columns; `-` where no table held it.
  public struct Entry: Codable, Sendable, Equatable {
    /// As in `Change`.
    public var table: String
    public var gfn: String
    public var level: Int
    public var value: String

    package init(table: String, gfn: String, level: Int, value: String) {
      self.table = table
      self.gfn = gfn
      self.level = level
      self.value = value
    }
  }

  /// The begin or end, for the step's thread, of what lasts longer than a step. An end whose begin is missing ends what
  /// began before the first row.
  public struct Mark: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable {
      case operation, lock, rcu, wait
    }

    public var kind: Kind
    /// The operation and its gfn, the lock and its mode, or what is waited for.
    public var name: String
    public var begins: Bool

    package init(_ kind: Kind, _ name: String, begins: Bool) {
      self.kind = kind
      self.name = name
      self.begins = begins
    }
  }

  /// What a row has to do with the broken rule.
  public enum Blame: String, Codable, Sendable {
    /// It broke the rule.
    case breaks
    /// The rule was found broken when all threads had ended; this row was the last to write what it is about.
    case wroteLast
    /// The same of statistics: from this row on they are not what the tables hold.
    case parts
    /// It is no step, and stands where the rule was found broken, when all threads had ended.
    case found
  }

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
    /// In the order in which they happened; absent where there are none, as in most rows.
    public var changes: [Change]?
    public var marks: [Mark]?
    /// Of one row, where a rule was broken; absent in all others.
    public var blame: Blame?

    package init(
      step: UInt64, thread: Int, action: String, spte: String, external: String, changesSpte: Bool,
      changesExternal: Bool, isPreemption: Bool, matters: Bool, repeats: UInt64 = 1, changes: [Change] = [],
      marks: [Mark] = [], blame: Blame? = nil
    ) {
      self.blame = blame
      self.changes = changes.isEmpty ? nil : changes
      self.marks = marks.isEmpty ? nil : marks
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
  /// The entries that the rows write or come by, table by table, from the root down; absent where nothing is known of
  /// them.
  public var entries: [Entry]?

  /// The row that is to blame for the broken rule: that of the violating step, which may have been folded into a spin,
  /// where no row says so itself.
  public var blamed: Int? {
    if let told = rows.firstIndex(where: { $0.blame != nil }) { return told }
    guard let step = violationStep else { return nil }
    return rows.lastIndex { $0.step == step }
      ?? rows.lastIndex { $0.step < step && step - $0.step < $0.repeats }
  }

  package init(
    threads: [Int], spteTitle: String, externalTitle: String, rows: [Row], violationStep: UInt64? = nil,
    entries: [Entry] = []
  ) {
    self.entries = entries.isEmpty ? nil : entries
    self.threads = threads
    self.spteTitle = spteTitle
    self.externalTitle = externalTitle
    self.rows = rows
    self.violationStep = violationStep
  }
}
