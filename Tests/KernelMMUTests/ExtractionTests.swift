import KernelMMU
import Testing

@Suite struct ExtractionTests {
  private static let file = "dir/file.c"
  private static let sample = """
    /* struct decoy { int a; }; */
    #include <linux/x.h>
    #define LIMIT(x) \\
    \t((x) + 1) // not "struct"
    #define OTHER 2

    enum colour { RED = LIMIT(1), GREEN };
    struct shape {
    \tint width; /* } */
    #ifdef CONFIG_X
    \tunion { u64 all; struct { u32 low, high; }; };
    #endif
    \tint (*draw)(struct shape *shape, int times);
    \tconst char *name[4];
    };
    static int counter = 3;
    static int helper(int a);

    static int __must_check helper(int a)
    {
    \tconst char *text = "}{";
    \tif (a == '{') return counter;
    \treturn LIMIT(a);
    }
    #ifdef CONFIG_64BIT
    int entry(struct shape *shape) { return helper(shape->width) + GREEN; }
    #else
    int entry(struct shape *shape) { return 0; }
    #endif
    """

  private func demand(_ tree: [String: String] = [:], tool: [String: String] = [:]) -> Demand {
    let files = tree.isEmpty ? [Self.file: Self.sample] : tree
    let config = "#define CONFIG_64BIT 1\n"
    let own = tool.merging(["shim/config.h": config]) { $1 }
    func list(_ files: [String: String]) -> [(path: String, bytes: [UInt8])] {
      files.sorted { $0.key < $1.key }.map { ($0.key, Array($0.value.utf8)) }
    }
    return Demand(files: list(files), tool: list(own))
  }

  private func take(_ names: String..., from demand: Demand? = nil) -> [String: String] {
    var demand = demand ?? self.demand()
    for name in names { _ = demand.satisfy(Want(what: .name(name), file: "glue/x.c", line: 1), unit: Self.file) }
    return demand.outputs()
  }

  @Test func `a function brings what it mentions, in the file's order, and nothing else`() throws {
    let text = try #require(take("entry")["dir-file.c"])
    for part in ["#define LIMIT(x)", "enum colour", "static int counter = 3;", "helper(shape->width)"] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("OTHER") && !text.contains("return 0;"))
    let macro = try #require(text.range(of: "#define LIMIT"))
    let use = try #require(text.range(of: "return LIMIT"))
    #expect(macro.lowerBound < use.lowerBound)
  }

  @Test func `what the tool answers is left out`() throws {
    let demand = demand(tool: ["shim/a.h": "int helper(int a);\n"])
    #expect(try #require(take("entry", from: demand)["dir-file.c"]).contains("static int __must_check helper") == false)
  }

  @Test func `each piece says the line it came from, and each record what wanted it`() throws {
    #expect(take("counter")["dir-file.c"] == "#line 16 \"dir/file.c\"\nstatic int counter = 3;\n")
    var demand = demand()
    let isNew = demand.satisfy(Want(what: .name("entry"), file: "glue/x.c", line: 7), unit: Self.file)
    #expect(isNew)
    #expect(demand.satisfy(Want(what: .name("entry"), file: "glue/x.c", line: 7), unit: Self.file) == false)
    let entry = try #require(demand.records.first { $0.name == "entry" })
    #expect(entry.kind == .function && entry.lines == 26...26 && entry.wantedBy == "glue/x.c:7" && entry.isByName)
    let helper = try #require(demand.records.first { $0.name == "helper" })
    #expect(helper.lines == 19...24 && helper.wantedBy == "entry, dir/file.c:26" && !helper.isByName)
  }

  @Test func `members are found in unions, among directives and as function pointers`() throws {
    let tool = ["shim/a.h": "struct shape {\n#include <extracted/members/shape.h>\n};\n"]
    var demand = demand(tool: tool)
    for name in ["width", "draw", "name", "depth"] {
      _ = demand.satisfy(Want(what: .member(name, of: "shape"), file: "a.c", line: 1), unit: nil)
    }
    let text = try #require(demand.outputs()["members/shape.h"])
    for part in ["int width;", "int (*draw)(struct shape *shape, int times);", "*name[4];"] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("depth") && demand.records.count == 3)
  }

  @Test func `a branch that the configuration leaves out defines nothing`() {
    #expect(take("entry")["dir-file.c"]?.contains("return 0;") == false)
    let tree = ["h.h": "#if IS_ENABLED(CONFIG_A) || defined(CONFIG_B)\n#define YES 1\n#elif 1\n#define YES 2\n#endif\n"]
    var demand = demand(tree)
    _ = demand.satisfy(Want(what: .name("YES"), file: "a.c", line: 1), unit: nil)
    #expect(demand.outputs()["types.h"]?.hasSuffix("#define YES 2\n") == true)
  }

  @Test func `a constant finds its enumeration, a macro comes with its continuation`() throws {
    let text = try #require(take("GREEN", "LIMIT")["dir-file.c"])
    #expect(text.contains("enum colour { RED = LIMIT(1), GREEN };") && text.contains("((x) + 1)"))
  }

  @Test func `a comment or a literal defines nothing`() {
    var demand = demand()
    #expect(demand.satisfy(Want(what: .type("decoy"), file: "a.c", line: 1), unit: Self.file) == false)
  }

  @Test func `a type comes behind those that it holds, and behind the shim's structures if it holds one`() throws {
    let tree = [
      "h.h": "struct outer { struct inner in; };\nstruct inner { later_t x; };\ntypedef u64 later_t, other_t;\n"
        + "struct holder { struct whole all; struct outer *to; };\n"
    ]
    var demand = demand(tree, tool: ["shim/a.h": "struct whole {\n#include <extracted/members/whole.h>\n};\n"])
    for name in ["outer", "holder"] {
      _ = demand.satisfy(Want(what: .type(name), file: "a.c", line: 1), unit: nil)
    }
    let out = demand.outputs()
    let text = try #require(out["types.h"])
    let places = try ["typedef u64", "struct inner {", "struct outer {"].map {
      try #require(text.range(of: $0)).lowerBound
    }
    #expect(
      places == places.sorted() && text.hasPrefix("struct holder;\nstruct inner;\nstruct outer;\nstruct whole;\n"))
    #expect(!text.contains("struct holder {") && out["late_types.h"]?.contains("struct holder {") == true)
  }

  @Test func `a tracepoint becomes a function of its parameters that does nothing`() throws {
    let tree = [
      "t.h":
        "TRACE_EVENT(\n\tkvm_new,\n\tTP_PROTO(u64 gfn, int level),\n\tTP_ARGS(gfn, level),\n"
        + "\tTP_fast_assign(__entry->gfn = gfn;),\n\tTP_printk(\"%d\")\n);\n"
    ]
    var demand = demand(tree)
    _ = demand.satisfy(Want(what: .name("trace_kvm_new"), file: "a.c", line: 1), unit: nil)
    let text = try #require(demand.outputs()["functions.h"])
    #expect(text.contains("static inline void trace_kvm_new(u64 gfn, int level) {}"))
    #expect(text.contains("static inline bool trace_kvm_new_enabled(void) { return false; }"))
  }

  @Test func `what clang says is missing becomes a want`() {
    check(
      """
      /s/compiled/a/tdp.c:7:3: error: use of undeclared identifier 'LIMIT'; did you mean 'LIMITS'?
      /s/compiled/a/tdp.c:8:3: error: call to undeclared function 'helper'; ISO C99 and later do not support that
      a/h.h:9:1: error: unknown type name 'foo_t'
      a/h.h:10:11: error: no member named 'depth' in 'struct shape'
      a/h.h:11:11: error: incomplete definition of type 'struct box'
      a/h.h:12:5: error: variable has incomplete type 'struct lid'
      a/h.h:13:5: error: field has incomplete type 'struct hinge'
      a/tdp.c:14:5: error: expected ';' after expression
      """)
  }

  @Test func `what gcc says is missing becomes the same want`() {
    check(
      """
      /s/compiled/a/tdp.c:7:3: error: 'LIMIT' undeclared (first use in this function); did you mean 'LIMITS'?
      /s/compiled/a/tdp.c:8:3: error: implicit declaration of function 'helper' [-Werror=implicit-function-declaration]
      a/h.h:9:1: error: unknown type name 'foo_t'
      a/h.h:10:11: error: 'struct shape' has no member named 'depth'
      a/h.h:11:11: error: invalid use of undefined type 'struct box'
      a/h.h:12:5: error: storage size of 'x' isn't known
      a/h.h:13:5: error: field 'x' has incomplete type
      a/tdp.c:14:5: error: expected ';' before '{' token
      """)
  }

  private func check(_ output: String) {
    let lines = [12: "struct lid x;", 13: "struct hinge x;", 14: "for_each_box(box) {"]
    var diagnostics = Diagnostics(strip: ["/s/compiled/"], source: { _, line in lines[line] })
    diagnostics.read(output)
    #expect(
      diagnostics.wants.map(\.what) == [
        .name("LIMIT"), .name("helper"), .name("foo_t"), .member("depth", of: "shape"), .type("box"), .type("lid"),
        .type("hinge"), .name("for_each_box"), .name("box"),
      ])
    #expect(diagnostics.wants.map(\.line) == [7, 8, 9, 10, 11, 12, 13, 14, 14])
    #expect(diagnostics.wants[0].file == "a/tdp.c" && diagnostics.wants[2].file == "a/h.h")
  }

  @Test func `what a linker misses is a symbol`() {
    var diagnostics = Diagnostics(strip: [], source: { _, _ in nil })
    diagnostics.readLinker(
      "/usr/bin/ld: a.o: in function `f':\narch/x86/a.c:12: undefined reference to `kvm_new'\n"
        + "ld.lld: error: undefined symbol: kvm_other\n")
    #expect(diagnostics.wants.map(\.what) == [.symbol("kvm_new"), .symbol("kvm_other")])
  }
}
