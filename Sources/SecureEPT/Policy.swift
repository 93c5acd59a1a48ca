/// What the KVM side of the external table supports.
public enum Policy: String, CaseIterable, Sendable, BitwiseCopyable {
  /// The rules of Linux 7.3: 4K leaves only, nothing is split or removed under the shared lock.
  case fourK = "4k"
  /// What is being developed upstream: 2M leaves by PAGE.AUG, split by PAGE.DEMOTE under the write lock.
  case huge

  public var summary: String {
    switch self {
    case .fourK: "4K private leaves only, as Linux 7.3"
    case .huge: "2M private leaves; a split demotes under the write lock"
    }
  }
}
