import Glibc

/// What the process has had in memory.
enum ResidentMemory {
  /// At most, since it began.
  static var peakBytes: UInt64 {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return UInt64(usage.ru_maxrss) * 1024
  }
}
