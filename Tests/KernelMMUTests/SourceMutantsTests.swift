/// What `stress kernel mutate` makes of C, change by change.
import KernelMMU
import Testing

@Suite struct SourceMutantsTests {
  /// Of a function of these lines.
  private static func mutants(_ body: String, lines: Set<Int>? = nil, head: String = "int f(int a, int b)") -> [String]
  {
    let text = "\(head)\n{\n\(body)\n}\n"
    let all = Set(1...text.split(separator: "\n", omittingEmptySubsequences: false).count)
    return SourceMutants.of("f.c", Array(text.utf8), lines: lines ?? all) { _ in true }.map { mutant in
      let after = mutant.applied(to: Array(text.utf8))
      #expect(after.count { $0 == 10 } == text.utf8.count { $0 == 10 }, "\(mutant)")
      return "\(mutant.lines.lowerBound) \(mutant.change.rawValue): \(mutant.after)"
    }
  }

  @Test func `statements, locks and barriers are left out, and neighbours exchanged`() {
    let found = Self.mutants("\tread_lock(&l);\n\tsmp_wmb();\n\tx = 1;\n\tread_unlock(&l);")
    #expect(
      found == [
        "3 lock left out: ;", "3 neighbours exchanged: smp_wmb(); read_lock(&l);",
        "4 barrier left out: ;", "4 neighbours exchanged: x = 1; smp_wmb();",
        "5 statement left out: ;", "5 neighbours exchanged: read_unlock(&l); x = 1;",
        "6 lock left out: ;",
      ])
  }

  @Test func `a condition is negated and made constant, or left out by operands`() {
    #expect(
      Self.mutants("\tif (g(a))\n\t\tb++;", lines: [3]) == [
        "3 condition negated: if (!(g(a)))", "3 condition made true: if (((g(a)), 1))",
        "3 condition made false: if (((g(a)), 0))",
      ])
    #expect(
      Self.mutants("\tif (a && (b || !c))\n\t\tb++;", lines: [3]) == [
        "3 condition made true: if (((a && (b || !c)), 1))", "3 condition made false: if (((a && (b || !c)), 0))",
        "3 operand left out: if (((a), 1) && (b || !c))", "3 operand left out: if (a && (((b || !c)), 1))",
        "3 operand left out: if (a && (((b), 0) || !c))", "3 operand left out: if (a && (b || ((!c), 0)))",
      ])
    #expect(
      Self.mutants("\twhile (a != b)\n\t\tb++;", lines: [3]) == ["3 condition made false: while (((a != b), 0))"])
    #expect(
      Self.mutants("\tx = a ? b : c;", lines: [3]) == [
        "3 statement left out: ;", "3 condition negated: x = !(a) ? b : c;",
      ])
    #expect(
      Self.mutants("\tx |= a & 4 ? b : c;", lines: [3]) == [
        "3 statement left out: ;", "3 condition negated: x |= !(a & 4) ? b : c;",
      ])
  }

  @Test func `boundaries move`() {
    #expect(
      Self.mutants("\tfor (i = 0; i < n; i++)\n\t\tg(i - 1);") == [
        "3 condition made false: for (i = 0; ((i < n), 0); i++)", "3 boundary moved: for (i = 0; i <= n; i++)",
        "4 statement left out: ;", "4 boundary moved: g(i - 0);",
      ])
    #expect(
      Self.mutants("\tbool is_leaf = level == 1 || x->y >= -1;", lines: [3]) == [
        "3 operand left out: bool is_leaf = ((level == 1), 0) || x->y >= -1;",
        "3 comparison negated: bool is_leaf = level != 1 || x->y >= -1;",
        "3 operand left out: bool is_leaf = level == 1 || ((x->y >= -1), 0);",
        "3 boundary moved: bool is_leaf = level == 1 || x->y > -1;",
      ])
  }

  @Test func `a cmpxchg becomes a store, an xchg two steps`() {
    let found = Self.mutants(
      "\tif (!try_cmpxchg64(rcu_dereference(p), &old,\n\t\t\t   new))\n\t\treturn -EBUSY;\n\treturn xchg(p, new);")
    #expect(
      found.contains("3 cmpxchg made a store: if (!({ WRITE_ONCE(*(rcu_dereference(p)), (new)); true; }) )"), "\(found)"
    )
    #expect(found.contains("5 jump left out: ;") && found.contains("5 error not returned: return 0;"))
    #expect(
      found.contains(
        "6 xchg made two steps: return "
          + "({ typeof(*(p)) stress_was = READ_ONCE(*(p)); WRITE_ONCE(*(p), (new)); stress_was; });"), "\(found)")
  }

  @Test func `values are ignored`() {
    #expect(
      Self.mutants(
        "\tint r = g(a);\n\n\tr = kvm_x86_call(h)(a,\n\t\t\t    b);\n\tflush |= g(b);\n\treturn g(r);"
      ).filter { $0.contains("ignored") } == [
        "3 value ignored: int r = (g(a), 0);", "5 value ignored: kvm_x86_call(h)(a,",
        "7 value ignored: g(b);", "8 value ignored: return (g(r), 0);",
      ])
    #expect(
      Self.mutants("\treturn false;", head: "bool f(void)") == ["3 jump left out: ;", "3 answer turned: return true;"])
  }

  @Test func `what only asserts or tells is left alone, and what stands behind it`() {
    let body = """
      \tlockdep_assert_held(&l);
      \tWARN_ON_ONCE(a < b && g(a));
      \ttrace_kvm_something(a, b > 1);
      \tif (KVM_BUG_ON(a > b, kvm)) {
      \t\tg(a);
      \t\treturn -EIO;
      \t}
      \tpr_err("%d < %d", a, b);
      """
    #expect(Self.mutants(body) == ["6 condition made true: if (((KVM_BUG_ON(a > b, kvm)), 1)) {"])
  }

  @Test func `what stands behind several assertions is left alone, and not where one alternative is none`() {
    let two = "\tif (KVM_BUG_ON(a, kvm) || KVM_BUG_ON(b, kvm))\n\t\treturn -EIO;"
    #expect(!Self.mutants(two).contains { $0.contains("return") && !$0.contains("condition") })
    let one = "\tif (KVM_BUG_ON(a, kvm) || b)\n\t\treturn -EIO;"
    #expect(Self.mutants(one).contains { $0.contains("return") && !$0.contains("condition") })
  }

  @Test func `macros, types and functions that are not used are left alone, and lines that are not asked for`() {
    let text =
      "#define F(a) \\\n\tif (a) g(a)\nstruct s { int a; };\nstatic int t[] = { 1 + 1 };\n"
      + "void f(void)\n{\n\tg();\n\th();\n}\n"
    let bytes = Array(text.utf8)
    #expect(SourceMutants.of("f.c", bytes, lines: Set(1...9)) { _ in false }.isEmpty)
    #expect(
      SourceMutants.of("f.c", bytes, lines: [1, 2, 3, 4, 8]) { $0 == 5 }.map(\.change.rawValue) == [
        "neighbours exchanged", "statement left out",
      ])
  }

  @Test func `macros that loop, labels, cases and nested branches are told apart`() {
    let body = """
      retry:
      \tfor_each_tdp_pte(iter, kvm, root, start, end) {
      \t\tswitch (a) {
      \t\tcase 1:
      \t\t\tbreak;
      \t\tdefault:
      \t\t\tg(a);
      \t\t}
      \t\tif (a)
      \t\t\tcontinue;
      \t\telse if (b)
      \t\t\tgoto retry;
      \t}
      \tdo {
      \t\th();
      \t} while (a);
      """
    let found = Self.mutants(body).filter { $0.contains("left out") }
    #expect(
      found == [
        "7 jump left out: ;", "9 statement left out: ;", "12 jump left out: ;", "14 jump left out: ;",
        "17 statement left out: ;",
      ])
  }

  @Test(arguments: [
    "", "{", "}", "if (", "for (;;", "do {", "case", "a ? : ", "\"", "return", "x = ", "xchg(,)", "&& ||",
  ])
  func `what is no C is passed over`(text: String) {
    for file in ["int f(void)\n{\n\t\(text);\n}\n", "int f(void)\n{\n\t\(text)", text] {
      _ = SourceMutants.of("f.c", Array(file.utf8), lines: Set(1...9)) { _ in true }
    }
  }
}
