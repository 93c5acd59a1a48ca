/// What an ordinary patch adds is found in the tree or in the shim, or refused by name. All that is not refused goes
/// into one build here; `scripts/kernel-ingredients` puts them in one at a time, into any tree.
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct IngredientTests {
  @Test(.enabled(if: !Trees.present.isEmpty), arguments: Trees.compilers)
  func `all that patches add builds, and what it asks for is taken`(compiler: String) throws {
    let scratch = try OwnedScratch()
    let cache = scratch.folder.appendingPathComponent("cache")
    func taken(_ tree: URL) throws -> Set<String> {
      let kernel = try KernelBuilder(tree: tree, cache: cache, compiler: compiler).build()
      return Set(try #require(TakenNote(beside: kernel.object)).taken.map(\.name))
    }
    let tree = try Trees.copy(to: scratch.folder)
    let before = try taken(tree)
    let ingredients = try Ingredient.all().filter { $0.refused == nil }
    for ingredient in ingredients { try ingredient.apply(to: tree) }
    let after = try taken(tree)
    for name in ingredients.flatMap({ $0.takes ?? [] }) {
      // A tracepoint goes by whichever of its functions is asked for first.
      let isTaken = after.contains { $0 == name || $0 == "\(name)_enabled" }
      #expect(!before.contains(name) && isTaken, "\(name) was not taken, or before as well")
    }
  }

  @Test(.enabled(if: !Trees.present.isEmpty), arguments: try Ingredient.all().filter { $0.refused != nil })
  func `a primitive that defers or tries is refused by name`(ingredient: Ingredient) throws {
    let scratch = try OwnedScratch()
    let tree = try Trees.copy(to: scratch.folder)
    try ingredient.apply(to: tree)
    let error = #expect(throws: KernelBuildError.self) {
      try KernelBuilder(
        tree: tree, cache: scratch.folder.appendingPathComponent("cache"), compiler: Trees.compilers.first
      )
      .build()
    }
    let name = try #require(ingredient.refused)
    #expect("\(try #require(error))".contains(" wants \(name), "), "\(error as Any)")
  }
}
