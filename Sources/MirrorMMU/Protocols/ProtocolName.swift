/// The update protocols that can be selected with `--protocol`.
public enum ProtocolName: String, CaseIterable, Sendable {
  case mainline

  public var summary: String {
    switch self {
    case .mainline: "Linux 7.2 and 7.3: freeze, propagate, write or restore, statistics after success"
    }
  }
}
