import Records

/// What kind of run a record is of: each reads differently.
enum RunKind {
  case soak, explore, replay, minimize

  init(_ record: RunRecord) {
    switch record.engine {
    case .explore: self = .explore
    case .replay, .trace: self = .replay
    case .minimize: self = .minimize
    case .soak, .matrix, .diff, .exhaust, .series, .mutate: self = .soak
    }
  }
}
