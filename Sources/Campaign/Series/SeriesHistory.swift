/// The commits of a series and which of the failures that were found each of them has: what breaks where, and what
/// mends it, follows from that.
import KernelMMU
import Records

struct SeriesHistory {
  struct Node {
    var row: SeriesRecord.Commit
    /// The place of its first parent; nil for the base, and where that is outside of the series.
    var parent: Int?
    var parents: [String]
    var content: SeriesTrials.Content?
    var version: String?
    /// All that the tool had to take of it on demand.
    var demands: [String] = []
    /// What ran of its code, where that is counted.
    var code: CodeCoverage?
    /// What is known of it is known: it was tried, or has the files of one that was.
    var isKnown = false
    /// Numbers of failures.
    var failing: Set<Int> = []
  }

  struct Found {
    var failure: SeriesRecord.Failure
    /// The place of the first commit that has it.
    var owner: Int
  }

  private(set) var nodes: [Node]
  private(set) var found: [Found] = []

  init(base: GitObjects.Commit, commits: [GitObjects.Commit]) {
    var places = [base.id: 0]
    nodes = ([base] + commits).enumerated().map { number, commit in
      places[commit.id] = number
      let row = SeriesRecord.Commit(
        number: number, commit: commit.id, subject: commit.subject, author: commit.author, state: .notRun)
      // What comes in from outside stands on what the series stands on, as far as is known.
      let parent = number == 0 ? nil : commit.parents.first.flatMap { places[$0] } ?? 0
      return Node(row: row, parent: parent, parents: commit.parents)
    }
    for place in nodes.indices.dropFirst() { nodes[place].parents = commits[place - 1].parents }
  }

  subscript(place: Int) -> Node {
    get { nodes[place] }
    set { nodes[place] = newValue }
  }

  func failure(_ number: Int) -> SeriesRecord.Failure { found[number].failure }

  /// The nearest commit before it of which something is known.
  func known(before place: Int) -> Int? {
    var next = nodes[place].parent
    while let place = next {
      if nodes[place].isKnown { return place }
      next = nodes[place].parent
    }
    return nil
  }

  /// Failures that it begins with.
  func inherited(_ place: Int) -> Set<Int> { known(before: place).map { nodes[$0].failing } ?? [] }

  /// Notes a failure that was found at `place`, and at all of `before`, which lead back from there without a gap: the
  /// last of them is to blame, unless the one before that has broken the same rule by another way.
  mutating func note(_ failure: SeriesRecord.Failure, at place: Int, before: [Int], same: Int?) {
    var number = same
    if number == nil {
      found.append(Found(failure: failure, owner: before.last ?? place))
      number = found.count - 1
    }
    for place in [place] + before { if let number { nodes[place].failing.insert(number) } }
  }

  /// The rows, complete.
  var rows: [SeriesRecord.Commit] {
    nodes.indices.map { place in
      var row = nodes[place].row
      guard row.state == .tried else { return row }
      let failing = nodes[place].failing.sorted()
      func since(_ number: Int) -> SeriesRecord.Since {
        .init(checker: found[number].failure.checker, number: nodes[found[number].owner].row.number)
      }
      row.breaks = failing.filter { found[$0].owner == place }.map { found[$0].failure }
      row.stillBroken = failing.filter { found[$0].owner != place }.map(since)
      row.mends = inherited(place).subtracting(failing).sorted().map(since)
      return row
    }
  }
}
