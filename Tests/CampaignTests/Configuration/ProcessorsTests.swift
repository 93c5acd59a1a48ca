import Campaign
import TestSupport
import Testing

/// How many processors are used where nothing is said, on machines of all kinds.
@Suite struct ProcessorsTests {
  /// A machine of eight processors, and what else is said of the process.
  private func usable(
    allowed: String = "0-7", groups: String = "0::/\n", _ files: [String: String] = [:]
  ) throws -> Int {
    try Scratch.use { scratch in
      try scratch.write("Name:\tstress\nCpus_allowed:\tff\nCpus_allowed_list:\t\(allowed)\n", to: "proc/self/status")
      try scratch.write(groups, to: "proc/self/cgroup")
      for (name, text) in files { try scratch.write(text, to: "sys/fs/cgroup/\(name)") }
      return Processors.usable(below: scratch.path)
    }
  }

  @Test(arguments: [("0-7", 8), ("3", 1), ("0-1,4,6-7", 5), ("0-1023", 1024)])
  func `the affinity is counted, of a cpuset too`(allowed: String, count: Int) throws {
    #expect(try usable(allowed: allowed) == count)
  }

  @Test(arguments: [
    ("max 100000\n", 8), ("200000 100000\n", 2), ("150000 100000\n", 2), ("1000 100000\n", 1),
    ("9900000 100000\n", 8),
  ])
  func `a quota is a limit, and a part of a processor is one`(quota: String, count: Int) throws {
    #expect(try usable(["cpu.max": quota]) == count)
  }

  @Test func `the least quota of the groups above it holds`() throws {
    let files = [
      "a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n", "cpu.max": "500000 100000\n",
      "other/cpu.max": "100000 100000\n",
    ]
    #expect(try usable(groups: "0::/a/b\n", files) == 3)
  }

  @Test func `groups of the first version count too`() throws {
    let groups = "9:memory:/x\n4:cpu,cpuacct:/pod\n0::/\n"
    let files = [
      "cpu,cpuacct/pod/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
      "cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "memory/x/cpu.cfs_quota_us": "100000\n", "memory/x/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try usable(groups: groups, files) == 3)
  }

  @Test func `where nothing is told there is one at least`() throws {
    #expect(Processors.usable(below: "/nowhere") >= 1 && Processors.usable >= 1)
    #expect(try usable(allowed: "8-1") >= 1)
    #expect(try usable(allowed: "0", ["cpu.max": "no number\n"]) == 1)
  }
}
