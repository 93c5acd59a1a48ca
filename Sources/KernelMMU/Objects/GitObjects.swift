/// The commits of a repository and the files in them, read from its objects: a checkout, an index, a branch have no
/// part in it, so a bare repository does as well, and what a checkout holds beside its commit is not looked at.
import Foundation

package struct GitObjects: Sendable {
  /// Why nothing can be read: one sentence for the user.
  package struct Failure: Error, CustomStringConvertible, Equatable {
    package let description: String
    /// The repository is as it should be: what was read could not be written down.
    package let isOfDisk: Bool
    init(_ description: String, isOfDisk: Bool = false) {
      self.description = description
      self.isOfDisk = isOfDisk
    }
  }

  package struct Commit: Sendable, Equatable {
    package var id: String
    package var parents: [String]
    package var subject: String
    package var author: String
  }

  /// A file of a commit, by the name that its content has in the repository.
  package struct File: Sendable, Equatable {
    package var path: String
    package var blob: String
  }

  package let repository: URL
  private let git: GitProcess

  /// - Parameters:
  ///   - path: a checkout, a worktree, a bare repository.
  ///   - scratch: a folder of the caller's, for what git says.
  package init(_ path: String, scratch: URL) throws(Failure) {
    repository = URL(fileURLWithPath: path, isDirectory: true)
    git = GitProcess(scratch: scratch)
    guard Subprocess.find("git") != nil else { throw Failure("git is not installed") }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure("'\(path)' is no folder; give a git repository of Linux: a checkout, a worktree or a bare one")
    }
    let result = try call(["rev-parse", "--git-dir"])
    guard result.status == 0 else {
      throw Failure("'\(path)' is no git repository that can be read: \(result.reason)")
    }
  }

  private func call(_ arguments: [String], input: Data? = nil) throws(Failure) -> GitProcess.Result {
    guard let result = git.run(arguments, in: repository, input: input) else { throw Failure("git cannot be started") }
    return result
  }

  private func text(_ arguments: [String]) throws(Failure) -> String {
    let result = try call(arguments)
    guard result.status == 0 else { throw Failure(Self.explained(result.reason, repository.path)) }
    return String(decoding: result.output, as: UTF8.self)
  }

  /// What is missing in a clone that has only part of the objects is told as that.
  static func explained(_ reason: String, _ path: String) -> String {
    let words = [
      "promisor", "not allowed", "missing", "unable to read", "bad object", "bad tree", "not a valid object",
    ]
    guard words.contains(where: reason.contains) else { return reason }
    return "\(reason); a partial clone lacks it: fetch what is missing, for example by "
      + "'git -C \(path) archive COMMIT arch/x86 include Makefile >/dev/null' for each commit"
  }

  /// The commit that a name stands for.
  package func commit(_ name: String) throws(Failure) -> String {
    guard !name.isEmpty, !name.hasPrefix("-") else { throw Failure("'\(name)' is no commit") }
    let result = try call(["rev-parse", "--verify", "--quiet", "\(name)^{commit}"])
    let line = String(decoding: result.output, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
    guard result.status == 0, GitTree.isHash(line) else {
      let isShallow = (try? text(["rev-parse", "--is-shallow-repository"]))?.hasPrefix("true") ?? false
      throw Failure(
        "git knows no commit '\(name)' in \(repository.path)"
          + (isShallow ? "; it is a shallow clone: 'git fetch --deepen N' brings more" : ""))
    }
    return line
  }

  /// Those that `tip` has and `base` has not, oldest first, each after its parents.
  package func commits(from base: String, to tip: String) throws(Failure) -> [Commit] {
    let format = "--format=%H%x1f%P%x1f%s%x1f%an"
    let output = try text([
      "-c", "log.showSignature=false", "log", "-z", "--reverse", "--topo-order", "--no-decorate", "--no-mailmap",
      format,
      "\(base)..\(tip)",
    ])
    return output.split(separator: "\0").compactMap { line in
      let fields = line.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
      guard fields.count >= 4, GitTree.isHash(fields[0]) else { return nil }
      return Commit(
        id: fields[0], parents: fields[1].split(separator: " ").map(String.init), subject: fields[2],
        author: fields[3])
    }
  }

  /// Whether `base` is an ancestor of `tip`.
  package func isAncestor(_ base: String, of tip: String) throws(Failure) -> Bool {
    try call(["merge-base", "--is-ancestor", base, tip]).status == 0
  }

  /// The first line of a commit's message, and who wrote it.
  package func describe(_ commit: String) throws(Failure) -> Commit {
    let output = try text(["log", "-1", "--no-decorate", "--no-mailmap", "--format=%H%x1f%P%x1f%s%x1f%an", commit])
    let fields = output.split(separator: "\n").first?.split(separator: "\u{1f}", omittingEmptySubsequences: false) ?? []
    guard fields.count >= 4 else { throw Failure("git cannot tell what \(commit) is") }
    return Commit(
      id: String(fields[0]), parents: fields[1].split(separator: " ").map(String.init), subject: String(fields[2]),
      author: String(fields[3]))
  }

  /// Every file of a commit that a build may look at, by path.
  package func used(in commit: String) throws(Failure) -> [File] {
    let folders = TreeFiles.wantedFolders.map { "\($0)/" }
    let listed = try list(commit, TreeFiles.named + folders)
    let names = Set(TreeFiles.wanted(among: listed.map(\.path)))
    return listed.filter { names.contains($0.path) }.sorted { $0.path < $1.path }
  }

  /// Links and submodules are no files.
  private func list(_ commit: String, _ paths: [String]) throws(Failure) -> [File] {
    let output = try text(["ls-tree", "-r", "-z", "--full-tree", commit, "--"] + paths)
    return output.split(separator: "\0").compactMap { line in
      let halves = line.split(separator: "\t", maxSplits: 1)
      guard halves.count == 2 else { return nil }
      let words = halves[0].split(separator: " ")
      guard words.count == 3, words[0].hasPrefix("100"), words[1] == "blob" else { return nil }
      return File(path: String(halves[1]), blob: String(words[2]))
    }
  }

  /// The contents of files, by the names of their contents. None is read that is not in the repository.
  package func contents(_ blobs: some Sequence<String>) throws(Failure) -> [String: [UInt8]] {
    let wanted = Array(Set(blobs)).sorted()
    guard !wanted.isEmpty else { return [:] }
    let input = Data(wanted.map { $0 + "\n" }.joined().utf8)
    let result = try call(["cat-file", "--batch"], input: input)
    guard result.status == 0 else { throw Failure(Self.explained(result.reason, repository.path)) }
    var contents: [String: [UInt8]] = [:]
    let bytes = [UInt8](result.output)
    var place = 0
    while place < bytes.count {
      guard let end = bytes[place...].firstIndex(of: CByte.newline) else { break }
      let words = String(decoding: bytes[place..<end], as: UTF8.self).split(separator: " ")
      guard words.count == 3, let size = Int(words[2]), end + 1 + size <= bytes.count else {
        throw Failure(Self.explained("object \(words.first ?? "?") is missing", repository.path))
      }
      contents[String(words[0])] = Array(bytes[(end + 1)..<(end + 1 + size)])
      place = end + 1 + size + 1
    }
    return contents
  }

  /// Files whose content differs between two commits, among all that has to do with the mirror page tables, with their
  /// contents before and after; nil where there is none.
  package func changes(
    from old: String, to new: String
  ) throws(Failure) -> [(path: String, old: [UInt8]?, new: [UInt8]?)] {
    let paths = TreeChanges.folders.map { $0.contains("*") ? ":(glob)\($0)" : $0 } + TreeFiles.named
    let output = try text(["diff-tree", "-r", "-z", "--no-renames", "--raw", "--abbrev=64", old, new, "--"] + paths)
    var changed: [(path: String, old: String?, new: String?)] = []
    let fields = output.split(separator: "\0", omittingEmptySubsequences: false)
    var index = 0
    while index + 1 < fields.count, fields[index].hasPrefix(":") {
      let words = fields[index].dropFirst().split(separator: " ")
      if words.count == 5 {
        func blob(_ mode: Substring, _ name: Substring) -> String? { mode.hasPrefix("100") ? String(name) : nil }
        changed.append((String(fields[index + 1]), blob(words[0], words[2]), blob(words[1], words[3])))
      }
      index += 2
    }
    let contents = try contents(changed.flatMap { [$0.old, $0.new].compactMap { $0 } })
    return changed.map { change in
      (change.path, change.old.flatMap { contents[$0] }, change.new.flatMap { contents[$0] })
    }
  }

  /// Writes files of a commit below a folder.
  package func write(_ files: [File], to folder: URL) throws(Failure) {
    let contents = try contents(files.map(\.blob))
    for file in files {
      guard let bytes = contents[file.blob] else { throw Failure("\(file.path) cannot be read") }
      if let code = CacheFile.write(bytes, to: folder.appendingPathComponent(file.path)) {
        throw Failure("\(folder.path) cannot be written: \(String(cString: strerror(code)))", isOfDisk: true)
      }
    }
  }

  /// Where its objects and its list of what a shallow clone lacks are.
  func places() throws(Failure) -> (objects: String, shallow: String) {
    let lines = try text(["rev-parse", "--git-path", "objects", "--git-path", "shallow"]).split(separator: "\n")
    guard lines.count == 2 else { throw Failure("git cannot tell where its objects are") }
    func absolute(_ path: Substring) -> String {
      path.hasPrefix("/") ? String(path) : repository.appendingPathComponent(String(path)).standardizedFileURL.path
    }
    return (absolute(lines[0]), absolute(lines[1]))
  }

  /// Names what a build of the commit may look at: equal names, equal files.
  package static func key(of files: [File]) -> String {
    var hash = ContentHash()
    for file in files { hash.add(file.path, Array(file.blob.utf8)) }
    return hash.text
  }
}
