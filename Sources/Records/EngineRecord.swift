/// What the record of every engine has, for those who do the same with all of them.
package protocol EngineRecord: Codable, Sendable, Equatable {
  var schemaVersion: Int { get }
  var engine: Engine { get }
  /// Which build of the tool; null in a record that says it of none.
  var build: ToolBuild? { get }
  var harnessFaults: [String] { get }
  /// True when a signal ended the run before its time.
  var interrupted: Bool { get }
  /// What the verdict comes to.
  var conclusion: Conclusion { get }
}

/// What a verdict comes to, in whatever words its record has it.
package enum Conclusion: Sendable {
  /// Nothing was found among what ran.
  case clean
  /// A rule was broken, or something is other than expected.
  case found
  /// The harness failed: nothing is known.
  case harnessFault
  /// There was nothing that could be run.
  case nothingTried
}

extension RunRecord: EngineRecord {
  package var conclusion: Conclusion {
    switch verdict {
    case .clean: .clean
    case .violation: .found
    case .harnessFault: .harnessFault
    }
  }
}

extension MatrixRecord: EngineRecord {
  package var conclusion: Conclusion {
    switch verdict {
    case .asExpected: .clean
    case .differs: .found
    case .harnessFault: .harnessFault
    }
  }
}

extension DiffRecord: EngineRecord {
  package var conclusion: Conclusion {
    switch verdict {
    case .alike: .clean
    case .differs: .found
    case .harnessFault: .harnessFault
    }
  }
}

extension ExhaustRecord: EngineRecord {
  package var conclusion: Conclusion {
    switch verdict {
    case .complete, .partial: .clean
    case .violation: .found
    case .harnessFault: .harnessFault
    }
  }
}
