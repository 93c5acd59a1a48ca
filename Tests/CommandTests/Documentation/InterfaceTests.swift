import Testing

/// Which options a command has.
@Suite struct InterfaceTests {
  private func unknown(_ command: String) throws -> [String]? {
    let interface = try Interface.stress.get()
    return interface.arguments(of: command).map(interface.unknownOptions)
  }

  @Test func `an option is looked for in its own subcommand`() throws {
    #expect(try unknown("scripts/stress --threads 8 --seconds 1") == [])
    #expect(try unknown("stress run --mix fault=60,zap=10 --quiet") == [])
    #expect(try unknown("stress --operations 3") == ["--operations"])
    #expect(try unknown("explore --operations=3 --mix zap=1") == ["--mix"])
    #expect(try unknown("stress kernel doctor --no-build --quick PATH") == ["--quick"])
    #expect(try unknown("stress --generate-completion-script bash") == [])
    #expect(try unknown("git bisect run stress explore") == nil)
  }

  @Test func `a value and what stands behind the command are no options`() throws {
    #expect(try unknown("stress explore --seed --nonsense") == [])
    #expect(try unknown("stress explore --quiet --nonsense") == ["--nonsense"])
    #expect(try unknown("stress list mutants | sort --nonsense") == [])
  }
}
