/// The commands of the documents that are not run as they are typed, or do not end as usual: with 1 where they name a
/// mutant or show a failure, and else with 0.
///
/// What stands for something (`~/src/linux`, `TOKEN`, `record.json`) and `--seconds` need no entry: see Props.swift.
extension Rehearsal {
  private static let copied = "cp -r \"$(scripts/kernel-tree 7.3)\" linux"
  private static let flavoured = "scripts/kernel-flavour huge-busy \"$(scripts/kernel-tree 7.3)\" linux"
  private static let broken =
    "sed -i 's/if (is_frozen_spte(iter.old_spte))/if (0)/' linux/arch/x86/kvm/mmu/tdp_mmu.c"
  private static let mended =
    "sed -i 's/if (0)/if (is_frozen_spte(iter.old_spte))/' linux/arch/x86/kvm/mmu/tdp_mmu.c"

  static let all: [Rehearsal] = [
    // README.md
    Rehearsal("scripts/test", elsewhere: ".ci/run"),
    Rehearsal("scripts/install", elsewhere: "Tests/CommandTests/Installation/InstallTests.swift"),
    Rehearsal(copied),
    Rehearsal(broken, after: [copied], status: 0),
    Rehearsal(
      mended,
      after: [
        "scripts/stress explore --mutant lost-zap --seed 7 --quiet", copied, broken,
        "scripts/stress explore --kernel-tree linux --seed 2 --quiet",
      ]),
    Rehearsal("scripts/stress regress --kernel-tree linux", status: 1),

    // Episodes
    Rehearsal("stress trace docs/examples/lost-zap.episode", status: 1),
    Rehearsal(
      "stress trace race.episode", after: ["stress trace --scenario fault-zap --seed 3 --episode > race.episode"]),

    // CONTRIBUTING.md
    Rehearsal("scripts/package", elsewhere: "Tests/CommandTests/Installation/PackageTests.swift"),
    Rehearsal("scripts/package --twice", elsewhere: ".github/workflows/release.yml"),
    Rehearsal("scripts/package-check", elsewhere: ".github/workflows/release.yml"),
    Rehearsal("scripts/arrows", elsewhere: "Tests/CommandTests/ArrowsScriptTests.swift"),

    // Every interleaving
    Rehearsal("stress exhaust --mutant drop-propagate --quiet", status: 1),

    // Exploring
    Rehearsal("stress regress", status: 1),
    Rehearsal("stress matrix --quick", adding: "--only protocols --schedules 10"),

    // Kernels
    Rehearsal("scripts/kernel-tree list"),
    Rehearsal(
      "scripts/stress explore --kernel-tree \"$(scripts/kernel-tree 6.12)\" --schedules 20000 --seed 1 --quiet",
      elsewhere: "Tests/CampaignTests/Explore/KernelDirectTests.swift"),
    Rehearsal("stress explore --kernel-tree ~/src/linux --scenario planted", status: 1),
    Rehearsal(flavoured),
    Rehearsal("stress explore --kernel-tree linux --policy huge --scenario mirror-split --seed 7", status: 1),
    Rehearsal("stress run --kernel-tree ~/src/linux", adding: "--seconds 1"),
    Rehearsal("stress matrix --kernel-tree ~/src/linux --quick", adding: "--only kernel --schedules 10"),
    Rehearsal("stress diff --kernel-tree ~/src/linux", adding: "--episodes 500"),
    Rehearsal("stress explore --kernel-tree PATH --scenario suspect-wrprot", status: 1),
    Rehearsal("stress explore --kernel-tree PATH --scenario suspect-eio", adding: "--no-minimize", status: 1),
    Rehearsal("stress explore --kernel-tree PATH --scenario suspect-retry", adding: "--no-minimize", status: 1),
    Rehearsal("git checkout BAD", elsewhere: "Tests/CommandTests/BisectTests.swift"),
    Rehearsal("git checkout GOOD", elsewhere: "Tests/CommandTests/BisectTests.swift"),
    Rehearsal(
      "stress explore --kernel-tree . --bisect --seed 1 --quiet", elsewhere: "Tests/CommandTests/BisectTests.swift"),
    Rehearsal("git bisect start BAD GOOD", elsewhere: "Tests/CommandTests/BisectTests.swift"),
    Rehearsal(
      "git bisect run stress explore --kernel-tree . --bisect --seed 1 --quiet",
      elsewhere: "Tests/CommandTests/BisectTests.swift"),

    // A tree of an older release is needed, which not every machine has.
    Rehearsal(
      "scripts/kernel-flavour age-cmpxchg ~/src/linux-6.18 linux-mended",
      elsewhere: "Tests/CampaignTests/Support/Flavours.swift"),
    // The patch on real code: a tree of 7.1 is needed, which not every machine has.
    Rehearsal(
      "scripts/kernel-tree import ~/src/linux-7.1 7.1", elsewhere: "Tests/CommandTests/KernelTreeScriptTests.swift"),
    Rehearsal(
      "scripts/kernel-flavour patch-08 \"$(scripts/kernel-tree 7.1)\" linux-posted",
      elsewhere: "Tests/CampaignTests/Support/Flavours.swift"),
    Rehearsal("stress explore --kernel-tree linux-posted --seed 1", elsewhere: postedTests),
    Rehearsal("stress explore --kernel-tree linux-posted --scenario planted --seed 1", elsewhere: postedTests),

    // Which lines ran
    Rehearsal(
      "stress series v7.3..HEAD --kernel-tree ~/src/linux --coverage",
      elsewhere: "Tests/CommandTests/CoverageCommandTests.swift"),

    // Series
    Rehearsal("stress series v7.3..HEAD --kernel-tree ~/src/linux", elsewhere: seriesTests),
    Rehearsal(
      "stress series v7.3..HEAD --kernel-tree ~/src/linux --kcidb result.json --origin my_ci", elsewhere: seriesTests),
    Rehearsal(
      "stress series origin/master..HEAD --kernel-tree . --markdown summary.md --junit junit.xml",
      elsewhere: seriesTests),
    Rehearsal(
      "b4 am -o- MESSAGE-ID | stress series --mbox - --base v7.3 --kernel-tree ~/src/linux --mail reply.txt",
      notRun: "it asks the archive of the kernel's mailing lists"),

    // Mutants
    Rehearsal("stress kernel mutate HEAD --kernel-tree ~/src/linux", elsewhere: mutateTests),
    Rehearsal("stress kernel mutate HEAD --kernel-tree ~/src/linux --list", elsewhere: mutateTests),

    // Nights
    Rehearsal("scripts/soak --minutes 60 --out soak", elsewhere: "Tests/CommandTests/SoakScriptTests.swift"),
    Rehearsal(
      "scripts/soak --collect shards/soak-* --out night", elsewhere: "Tests/CommandTests/SoakScriptTests.swift"),
    Rehearsal(
      "stress explore --seed 7 --schedules 8000000 --shard 1/2 --quiet --json shard-1.json",
      notRun: "it takes minutes"),
    Rehearsal(
      "stress explore --seed 7 --schedules 8000000 --shard 2/2 --quiet --json shard-2.json",
      notRun: "it takes minutes"),
    Rehearsal(
      "scripts/cluster/slurm --shards 64 --out /shared/campaign -- --seed 7 --schedules 64000000 --policy huge",
      elsewhere: slurmTests),
    Rehearsal(
      "scripts/cluster/slurm --missing --shards 64 --out /shared/campaign -- "
        + "--seed 7 --schedules 64000000 --policy huge",
      elsewhere: slurmTests),
    Rehearsal(
      "SBATCH_PARTITION=long SBATCH_TIMELIMIT=2:00:00 scripts/cluster/slurm --out /shared/campaign -- --seed 7",
      notRun: "it needs a Slurm cluster"),
    Rehearsal("scripts/cluster/slurm-check", elsewhere: ".ci/run"),
    Rehearsal(
      "podman build --file scripts/cluster/Containerfile --tag stress dist", notRun: "it needs a builder of images"),
    Rehearsal(
      "kubectl apply -f scripts/cluster/kubernetes-job.yaml", notRun: "it needs a Kubernetes cluster"),
    Rehearsal("kubectl get --watch job/stress-campaign", notRun: "it needs a Kubernetes cluster"),
  ]

  private static let seriesTests = "Tests/CommandTests/Series/SeriesCommandTests.swift"
  private static let mutateTests = "Tests/CommandTests/Mutate/MutateCommandTests.swift"
  private static let postedTests = "Tests/CampaignTests/Explore/KernelReleaseTests.swift"
  private static let slurmTests = "Tests/CommandTests/Cluster/SlurmScriptTests.swift"
}
