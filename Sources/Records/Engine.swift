/// What made a record, as its `engine` says.
public enum Engine: String, Codable, CaseIterable, Sendable {
  case soak, explore, replay, trace, minimize, matrix, diff, exhaust, series, mutate
}
