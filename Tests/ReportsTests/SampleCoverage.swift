import Records

/// What ran of a kernel's code: two files, one of them never.
enum SampleCoverage {
  static let code = CodeCoverage(files: [
    .init(
      path: "arch/x86/kvm/mmu/tdp_mmu.c",
      lines: [
        .init(number: 12, count: 3), .init(number: 10, count: 7), .init(number: 14, count: 0),
        .init(number: 20, count: 0), .init(number: 21, count: 1),
      ],
      branches: [
        .init(line: 12, number: 0, count: 3), .init(line: 12, number: 1, count: 0),
        .init(line: 20, number: 0, count: 0), .init(line: 20, number: 1, count: 0),
      ],
      functions: [.init(name: "kvm_tdp_mmu_map", line: 10, count: 7)]),
    .init(
      path: "arch/x86/kvm/mmu/spte.h", lines: [.init(number: 5, count: 0)],
      branches: [.init(line: 5, number: 0, count: 0)],
      functions: [.init(name: "is_mirror_sp", line: 4, count: 0)]),
  ])

  static var run: RunRecord {
    var record = SampleExplorations.clean
    record.code = code
    return record
  }

  static var search: ExhaustRecord {
    var record = SampleSearches.partial
    record.code = code
    return record
  }

  static var series: SeriesRecord {
    var record = SampleSeries.clean
    record.code = code
    record.commits[1].lines = [
      .init(file: "arch/x86/kvm/mmu/tdp_mmu.c", line: 12, text: "if (ret)", count: 3),
      .init(file: "arch/x86/kvm/mmu/tdp_mmu.c", line: 14, text: "return -ENOMEM;", count: 0),
    ]
    return record
  }
}
