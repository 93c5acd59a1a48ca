/// The primitives stand in the machine code of their Swift caller as one instruction each.
///
/// Compiled out where that is not promised: a debug build inlines nothing, and Thread Sanitizer puts calls of its own
/// in place of every access (scripts/tsan defines STRESS_TSAN). On arm64 the instruction depends on the processor.
#if !DEBUG && !STRESS_TSAN && arch(x86_64)
  import CAtomics
  import Testing

  @Suite struct MachineCodeTests {
    @Test func `try_cmpxchg64 is one lock cmpxchg`() throws {
      let code = try fastPath("probeTryCmpxchg", calls: 2)
      #expect(code.count(/^lock\s+cmpxchg/) == 1)
      #expect(code.count(/^lock/) == 1)
    }

    @Test func `xchg64 is one xchg, which locks by itself`() throws {
      let code = try fastPath("probeXchg")
      #expect(code.count(/^xchg[lq]? .*\(/) == 1)
      #expect(code.count(/^lock/) == 0)
    }

    @Test func `fetch_add64 is one lock xadd`() throws {
      let code = try fastPath("probeFetchAdd")
      #expect(code.count(/^lock\s+xadd/) == 1)
      #expect(code.count(/^lock/) == 1)
    }

    @Test(arguments: ["probeFetchAnd", "probeFetchOr"])
    func `and, or are a loop around one lock cmpxchg`(function: String) throws {
      let code = try fastPath(function)
      #expect(code.count(/^lock\s+cmpxchg/) == 1)
      #expect(code.count(/^lock/) == 1)
    }

    @Test(arguments: ["probeReadOnce", "probeWriteOnce"])
    func `load and store need no lock and no fence`(function: String) throws {
      let code = try fastPath(function)
      #expect(code.count(/^(?:lock|xchg|mfence)/) == 0)
    }

    /// The calls that may stand in the whole function are the schedule point's, through its pointer, off the fast path:
    /// they name no symbol. A cmpxchg has a second one, for where it lost.
    private func fastPath(
      _ function: String, calls: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Disassembly {
      let code = try Disassembly(of: function)
      #expect(code.count(/^callq? [^*].*/) == 0, "\(code.text)", sourceLocation: sourceLocation)
      #expect(code.count(/^callq? \*.*/) == calls, "\(code.text)", sourceLocation: sourceLocation)
      #expect(code.fastPath.count(/^callq? .*/) == 0, "\(code.text)", sourceLocation: sourceLocation)
      return code.fastPath
    }
  }
#endif
