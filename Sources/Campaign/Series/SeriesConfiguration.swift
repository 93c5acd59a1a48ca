/// What decides all of a series' outcome: which commits, and what is run of each.
import Foundation
import KernelMMU

package struct SeriesConfiguration: Sendable {
  /// As the user named it, for reports.
  package var repository: String
  /// `BASE..TIP`, or what stands for it.
  package var range: String
  package var objects: GitObjects
  package var base: GitObjects.Commit
  package var commits: [GitObjects.Commit]
  package var seed: UInt64
  package var schedules: UInt64
  /// Executions of each pair of operations; four times as many of those that have to do with what a commit changes.
  package var executions: UInt64
  /// The initial table that pairs race from; nil for all.
  package var table: String?
  package var jobs: Int
  /// What runs of the kernel's code is counted.
  package var coverage = false
  /// What schedules find is made small.
  package var minimizes = true
  /// Where what was run is remembered.
  package var cache: URL
  /// A folder of this process, gone with it.
  package var scratch: URL

  package init(
    repository: String, range: String, objects: GitObjects, base: GitObjects.Commit, commits: [GitObjects.Commit],
    scratch: URL
  ) {
    self.repository = repository
    self.range = range
    self.objects = objects
    self.base = base
    self.commits = commits
    self.scratch = scratch
    seed = 1
    schedules = Self.usualSchedules
    executions = Self.usualExecutions
    jobs = 1
    cache = Self.defaultCache
  }

  package static let usualSchedules: UInt64 = 40_000
  package static let usualExecutions: UInt64 = 40

  /// Commits of the series.
  package var count: Int { commits.count }
  /// The base as a person reads it.
  package var baseName: String { "\(base.id.prefix(12)) (\(base.subject))" }

  package static var defaultCache: URL {
    KernelBuilder.defaultCache.deletingLastPathComponent().appendingPathComponent("series")
  }
}

/// Why there is no series to look at: one sentence for the user.
package struct SeriesError: Error, CustomStringConvertible, Sendable {
  package let description: String
  /// There is a series, and it cannot be brought into a form that can be tried.
  package let isOfSeries: Bool

  package init(_ description: String, isOfSeries: Bool = false) {
    self.description = description
    self.isOfSeries = isOfSeries
  }
}

extension SeriesConfiguration {
  /// - Parameters:
  ///   - range: `BASE..TIP`, where a missing TIP is HEAD.
  ///   - scratch: a folder of the caller's.
  package static func range(_ range: String, in repository: String, scratch: URL) throws(SeriesError) -> Self {
    let ends = range.components(separatedBy: "..")
    guard ends.count == 2, !ends[0].isEmpty, !range.contains("...") else {
      throw SeriesError("'\(range)' is no range; allowed is BASE..TIP, the commit before the first and the last")
    }
    do {
      let objects = try GitObjects(repository, scratch: scratch)
      let (base, tip) = (try objects.commit(ends[0]), try objects.commit(ends[1].isEmpty ? "HEAD" : ends[1]))
      let commits = try objects.commits(from: base, to: tip)
      guard !commits.isEmpty else {
        let isBehind = try base != tip && objects.isAncestor(tip, of: base)
        throw SeriesError(
          "\(range) is empty: \(ends[1].isEmpty ? "HEAD" : ends[1]) "
            + (isBehind ? "is an ancestor of \(ends[0]); give the older one first" : "adds nothing to \(ends[0])"))
      }
      return SeriesConfiguration(
        repository: repository, range: range, objects: objects, base: try objects.describe(base), commits: commits,
        scratch: scratch)
    } catch let error as SeriesError {
      throw error
    } catch {
      throw SeriesError("\(error)")
    }
  }

  /// - Parameters:
  ///   - mails: an mbox as `git am` takes it.
  ///   - base: the commit that it applies to.
  package static func mails(
    _ mails: [UInt8], on base: String, in repository: String, scratch: URL
  ) throws(SeriesError) -> Self {
    let user: GitObjects
    let commit: String
    do {
      user = try GitObjects(repository, scratch: scratch)
      commit = try user.commit(base)
    } catch {
      throw SeriesError("\(error)")
    }
    do {
      let (objects, tip) = try MailSeries.apply(mails, on: commit, of: user, in: scratch)
      return SeriesConfiguration(
        repository: repository, range: "mbox on \(base)", objects: objects, base: try objects.describe(commit),
        commits: try objects.commits(from: commit, to: tip), scratch: scratch)
    } catch {
      throw SeriesError("\(error)", isOfSeries: true)
    }
  }
}
