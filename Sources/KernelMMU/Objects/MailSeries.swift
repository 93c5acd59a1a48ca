/// Patches from a mailbox, applied to a commit in a repository of their own: it borrows the objects of the user's, and
/// writes its own ones beside itself, so that nothing of the user's is touched, whenever this process dies.
import Foundation

package enum MailSeries {
  /// - Parameters:
  ///   - mails: an mbox, or one mail, as `git am` takes it.
  ///   - base: the commit that the first patch applies to.
  ///   - folder: a folder of the caller's; the repository is made in it.
  /// - Returns: the repository in which `tip` is known, and the tip.
  package static func apply(
    _ mails: [UInt8], on base: String, of source: GitObjects, in folder: URL
  ) throws(GitObjects.Failure) -> (objects: GitObjects, tip: String) {
    guard !mails.isEmpty else { throw GitObjects.Failure("the mbox is empty") }
    let repository = folder.appendingPathComponent("mbox", isDirectory: true)
    let mailbox = folder.appendingPathComponent("mails")
    for code in [CacheFile.makeFolder(repository), CacheFile.write(mails, to: mailbox)] {
      if let code { throw GitObjects.Failure("\(folder.path) cannot be written: \(String(cString: strerror(code)))") }
    }
    // Whatever the user has configured for commits of his own has no part in these.
    let who = ["GIT_COMMITTER_NAME": "stress", "GIT_COMMITTER_EMAIL": "stress@localhost"]
    let none = ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_EDITOR": "true"]
    let git = GitProcess(scratch: folder, environment: who.merging(none) { $1 })
    func run(_ arguments: [String]) throws(GitObjects.Failure) -> GitProcess.Result {
      guard let result = git.run(arguments, in: repository) else { throw GitObjects.Failure("git cannot be started") }
      return result
    }
    func check(_ arguments: [String]) throws(GitObjects.Failure) {
      let result = try run(arguments)
      guard result.status == 0 else {
        throw GitObjects.Failure(GitObjects.explained(result.reason, source.repository.path))
      }
    }
    try check(["init", "--quiet", "--template="])
    let places = try source.places()
    let own = repository.appendingPathComponent(".git")
    try write(places.objects + "\n", to: own.appendingPathComponent("objects/info/alternates"))
    if let shallow = KernelStage.contents(URL(fileURLWithPath: places.shallow)) {
      try write(String(decoding: shallow, as: UTF8.self), to: own.appendingPathComponent("shallow"))
    }
    // The index has all files, the folder has none: `git am` brings those that a patch is about.
    try check(["update-ref", "--no-deref", "HEAD", base])
    try check(["config", "core.sparseCheckout", "true"])
    try write("/no-such-file\n", to: own.appendingPathComponent("info/sparse-checkout"))
    try check(["read-tree", "-m", "-u", "HEAD"])
    let applied = try run([
      "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "am.threeWay=false", "am", "--quiet",
      "--keep-non-patch", "--committer-date-is-author-date", "--no-gpg-sign", mailbox.path,
    ])
    let objects = try GitObjects(repository.path, scratch: folder)
    guard applied.status == 0 else { throw refusal(applied, base, own) }
    let tip = try objects.commit("HEAD")
    guard tip != base else { throw GitObjects.Failure("the mbox holds no patch") }
    return (objects, tip)
  }

  private static func write(_ text: String, to file: URL) throws(GitObjects.Failure) {
    if let code = CacheFile.write(Array(text.utf8), to: file) {
      throw GitObjects.Failure("\(file.path) cannot be written: \(String(cString: strerror(code)))")
    }
  }

  /// Which patch it was, and what git says of it.
  private static func refusal(_ result: GitProcess.Result, _ base: String, _ own: URL) -> GitObjects.Failure {
    func note(_ name: String) -> String? {
      KernelStage.contents(own.appendingPathComponent("rebase-apply/\(name)")).map {
        String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      }
    }
    guard let number = note("next"), let last = note("last") else {
      return GitObjects.Failure("the mbox is none that git can read: \(result.reason)")
    }
    // `Subject:` of the mail that is being applied, as `git am` has taken it apart.
    let subject = note("final-commit").flatMap { $0.split(separator: "\n").first.map { " '\($0)'" } } ?? ""
    let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }.map { $0.dropFirst(7) }
    let reason = lines.first { $0.hasPrefix("patch failed") } ?? lines.first ?? Substring(result.reason)
    let place = number == "1" ? String(base.prefix(12)) : "what is before it"
    return GitObjects.Failure(
      "patch \(number) of \(last)\(subject) does not apply to \(place): "
        + GitObjects.explained(String(reason), own.path))
  }
}
