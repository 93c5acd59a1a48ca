import Foundation
import KernelMMU
import Testing

@Suite struct ExtractionTests {
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

  private func extract(_ extractions: [Extraction], probes: [Probe] = []) throws -> [String: String] {
    let scratch = try Scratch()
    try scratch.write(Self.sample, to: "dir/file.c")
    var extractor = Extractor(tree: scratch.url)
    return try extractor.extract(extractions, probes: probes)
  }

  @Test func `a function brings what it mentions, in the file's order, and nothing else`() throws {
    let out = try extract([
      .required("out.c", "dir/file.c", take: .closure(roots: ["entry"], prefix: nil, except: []))
    ])
    let text = try #require(out["out.c"])
    for part in [
      "#define LIMIT(x)", "enum colour", "struct shape {", "static int counter = 3;", "helper(shape->width)",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("OTHER") && !text.contains("return 0;"))
    let macro = try #require(text.range(of: "#define LIMIT"))
    let use = try #require(text.range(of: "return LIMIT"))
    #expect(macro.lowerBound < use.lowerBound)
  }

  @Test func `what is answered elsewhere is left out`() throws {
    let out = try extract([
      .required("out.c", "dir/file.c", take: .closure(roots: ["entry"], prefix: nil, except: ["helper"]))
    ])
    #expect(try #require(out["out.c"]).contains("static int helper") == false)
  }

  @Test func `each piece says the line it came from`() throws {
    let out = try extract([.required("out.c", "dir/file.c", take: .definitions(["counter"]))])
    #expect(out["out.c"] == "#line 16 \"dir/file.c\"\nstatic int counter = 3;\n")
    #expect(try #require(out["flags.h"]) == "#define HAVE_counter 1\n")
  }

  @Test func `members are found in unions, among directives and as function pointers`() throws {
    let out = try extract([
      .required("m.h", "dir/file.c", take: .members(of: "shape", ["width", "all", "draw", "name"]))
    ])
    let text = try #require(out["m.h"])
    for part in ["int width;", "union { u64 all;", "int (*draw)(struct shape *shape, int times);", "*name[4];"] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(try #require(out["flags.h"]).contains("HAVE_shape_draw"))
  }

  @Test func `a constant finds its enumeration, a macro comes with its continuation`() throws {
    let out = try extract([.required("out.h", "dir/file.c", take: .definitions(["GREEN", "LIMIT"]))])
    let text = try #require(out["out.h"])
    #expect(text.contains("enum colour { RED = LIMIT(1), GREEN };") && text.contains("((x) + 1)"))
  }

  @Test func `a comment or a literal defines nothing`() {
    #expect(throws: ExtractionError.missing(name: "decoy", file: "dir/file.c")) {
      try extract([.required("out.h", "dir/file.c", take: .definitions(["decoy"]))])
    }
  }

  @Test func `what is missing is named with its file`() {
    #expect(throws: ExtractionError.noFile("none.c")) {
      try extract([.required("out.h", "none.c", take: .definitions(["x"]))])
    }
    #expect(throws: ExtractionError.missingMember(name: "depth", structure: "shape", file: "dir/file.c")) {
      try extract([.required("out.h", "dir/file.c", take: .members(of: "shape", ["depth"]))])
    }
  }

  @Test func `what is optional may be missing, and leaves no flag`() throws {
    let out = try extract(
      [.optional("out.h", "none.c", take: .definitions(["x"]))],
      probes: [
        Probe(flag: "ONE", file: "dir/file.c", text: "int helper( int a )"),
        Probe(flag: "TWO", file: "none.c", text: "x"),
      ])
    #expect(out["out.h"] == "" && out["flags.h"] == "#define HAVE_ONE 1\n")
  }

  @Test func `the second candidate is asked when the first has not what is wanted`() throws {
    let out = try extract([.required("out.h", "none.c", "dir/file.c", take: .macros(prefix: "OTH"))])
    #expect(try #require(out["out.h"]).contains("#define OTHER 2"))
  }
}
