import Machine
import SecureEPT

/// A small concurrent program on initial tables of its own: what the fiber engine runs thousands of schedules of.
///
/// All that is drawn is written out, so that minimising can take pieces away and a token can carry what is left.
package struct Episode: Sendable, Equatable {
  package enum Subject: UInt8, Sendable {
    case model
    /// The common model M(T, iterations) on one SPTE and one external word; a request is one iteration.
    case micro
  }

  /// How one 2M region of the guest begins.
  package struct Region: Sendable, Equatable {
    package var isPrivate: Bool
    package var allowsHuge: Bool

    package init(isPrivate: Bool, allowsHuge: Bool) {
      self.isPrivate = isPrivate
      self.allowsHuge = allowsHuge
    }
  }

  package static let largestRegionCount = 64
  /// `Request.draw` of an episode is below this.
  package static let drawBound: UInt64 = 256

  package var subject: Subject
  /// The scenario that it was drawn from, for reports.
  package var scenario: String
  package var policy: Policy
  /// The guest's memory, 1 to `largestRegionCount` regions.
  package var regions: [Region]
  /// CONFIG_KVM_PROVE_MMU: roots are zapped by whole subtrees.
  package var provesMmu: Bool
  /// Carried out by one task before the race.
  package var populated: [Request]
  /// What each thread does, in order; 1 to 1024 threads.
  package var threads: [[Request]]
  /// SEAMCALLs may answer an injected BUSY, walks may yield.
  package var injectsBusy: Bool
  package var mayYield: Bool
  /// The VM is torn down after the race, and checked again.
  package var endsInTeardown: Bool
  /// CONFIG_PROVE_LOCKING of a kernel: otherwise its lock assertions are silent.
  package var assertsLocks: Bool
  /// When the race begins each SEAMCALL of a kernel answers TDX_TD_FATAL, and that the kernel then marks the VM bugged
  /// breaks no rule.
  package var tdIsDead: Bool
  /// No interrupt and no signal ends a fault's retries in tdx_handle_ept_violation().
  package var lacksInterrupts: Bool

  package init(
    subject: Subject = .model, scenario: String, policy: Policy, regions: [Region], provesMmu: Bool = false,
    populated: [Request] = [], threads: [[Request]], injectsBusy: Bool = false, mayYield: Bool = false,
    endsInTeardown: Bool = false, assertsLocks: Bool = true, tdIsDead: Bool = false,
    lacksInterrupts: Bool = false
  ) {
    self.subject = subject
    self.scenario = scenario
    self.policy = policy
    self.regions = regions
    self.provesMmu = provesMmu
    self.populated = populated
    self.threads = threads
    self.injectsBusy = injectsBusy
    self.mayYield = mayYield
    self.endsInTeardown = endsInTeardown
    self.assertsLocks = assertsLocks
    self.tdIsDead = tdIsDead
    self.lacksInterrupts = lacksInterrupts
  }

  package var guestPages: UInt64 { UInt64(regions.count) * 512 }
  package var operations: Int { threads.reduce(0) { $0 + $1.count } }
}

extension Episode {
  /// Equal for equal episodes, whatever scenario they were drawn from, in every process.
  package var contentHash: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func take(_ value: UInt64) {
      hash = (hash ^ value) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 32
    }
    func take(_ requests: [Request]) {
      take(UInt64(requests.count))
      for request in requests {
        take(UInt64(request.operation.rawValue) << 32 | request.draw)
        take(request.range.lowerBound)
        take(request.range.upperBound)
      }
    }
    take(UInt64(subject.rawValue) << 4 | (provesMmu ? 8 : 0) | (injectsBusy ? 4 : 0) | (mayYield ? 2 : 0))
    take((endsInTeardown ? 1 : 0) | (assertsLocks ? 0 : 2) | (tdIsDead ? 4 : 0) | (lacksInterrupts ? 8 : 0))
    for region in regions { take((region.isPrivate ? 2 : 0) | (region.allowsHuge ? 1 : 0)) }
    take(populated)
    for requests in threads { take(requests) }
    return hash
  }
}
