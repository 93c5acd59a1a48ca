/// What decides which mutants there are of a commit, and what is run of each.
import Foundation
import KernelMMU

package struct MutationConfiguration: Sendable {
  /// Of one commit on its first parent: budgets, seed, places.
  package var series: SeriesConfiguration
  /// Functions whose lines are broken; empty for all.
  package var functions: [String] = []
  /// Nothing is run.
  package var isList = false

  package var commit: GitObjects.Commit { series.commits[0] }

  package init(_ series: SeriesConfiguration) { self.series = series }
}

extension SeriesConfiguration {
  /// One commit on its first parent.
  /// - Parameters:
  ///   - name: of a commit, as git takes it.
  ///   - scratch: a folder of the caller's.
  package static func commit(_ name: String, in repository: String, scratch: URL) throws(SeriesError) -> Self {
    do {
      let objects = try GitObjects(repository, scratch: scratch)
      let commit = try objects.describe(try objects.commit(name))
      guard let parent = commit.parents.first else {
        throw SeriesError(
          "\(name) has no parent here from which its changes could be told"
            + "; in a shallow clone 'git fetch --deepen 1' brings it", isOfSeries: true)
      }
      return SeriesConfiguration(
        repository: repository, range: name, objects: objects, base: try objects.describe(parent), commits: [commit],
        scratch: scratch)
    } catch let error as SeriesError {
      throw error
    } catch {
      throw SeriesError("\(error)")
    }
  }
}
