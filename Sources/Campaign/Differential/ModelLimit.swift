/// What the model leaves out on purpose, so that a comparison with a kernel does not look at it: the one list of it.
///
/// Each is documented in docs/kernel.md by its name. What is not listed here and differs is a fault of the model, of
/// the harness's callers or of the kernel.
import Machine

package enum ModelLimit: String, CaseIterable, Sendable {
  case execute = "execute"
  case memoryType = "memory-type"
  case suppressVe = "suppress-ve"
  case roots = "roots"
  case retries = "retries"
  case yields = "yields"
  case allocation = "allocation"
  case flushes = "flushes"
  case nxShare = "nx-share"
  case fastFault = "fast-fault"
  case nxLock = "nx-lock"
  case initialPages = "initial-pages"

  /// What is not compared, and why: one sentence.
  package var reason: String {
    switch self {
    case .execute:
      "bits 2 and 10 of an SPTE: the model's leaves are all executable, a kernel's huge pages are not"
    case .memoryType: "bits 3 to 6 of an SPTE: the model has no memory types"
    case .suppressVe: "bit 63 of a present SPTE: the model has it in empty entries only"
    case .roots:
      "when a direct root is made and freed: in the model by the first fault that needs it and by its zap, in a kernel "
        + "by each vCPU before it enters the guest"
    case .retries:
      "whether an operation came to its result at once: a model's fault that makes a root begins again"
    case .yields:
      "where the zap of an invalidated root and a write-protection drop mmu_lock: a kernel walks on to the end of all "
        + "addresses, and the mirror root too"
    case .allocation: "when tables are allocated and freed: a kernel's vCPUs have caches of them"
    case .flushes: "TLB flushes of shared memory: the model has no translations of it"
    case .fastFault:
      "where a fast page fault ends that has nothing to mend: the model's ends there, a kernel's goes on as any fault, "
        + "so the comparison lets one follow in the model"
    case .nxLock:
      "the steps of an NX recovery, if the tree holds mmu_lock for write meanwhile, up to Linux 6.17: in the model it "
        + "is held for read; the tables afterwards are compared"
    case .initialPages:
      "where PAGE.ADD stands among an initial page's steps, if the tree counts such pages (`nr_premapped`, up to "
        + "Linux 6.18): it is made after the mirror's SPTE there, in the model before it"
    case .nxShare: "which share of the possible NX huge pages is recovered: a kernel takes a ratio, the model a number"
    }
  }

  /// `yields`
  package static let yieldsElsewhere: Set<Operation> = [.invalidate, .wrprot]

  /// The bits of a present SPTE that are not compared.
  package static let ignoredBits: UInt64 = Spte.executable | 1 << 10 | 0b1111 << 3 | Spte.nonpresent
}
