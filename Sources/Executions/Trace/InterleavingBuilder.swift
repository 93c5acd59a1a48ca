/// Replays a finding and tells its execution step by step, as the report's table shows it.
import KernelMMU
import Machine
import Records

package enum InterleavingBuilder {
  /// An execution that comes to no end has hundreds of thousands: the last are kept.
  private static let mostRows = 5_000

  /// - Parameter finding: with a violation at the end of time, one that breaks no rule.
  /// - Returns: nil if the strict replay does not break the same rule.
  package static func build(_ replayer: Replayer, _ finding: Finding) -> Interleaving? {
    let world = replayer.world
    // Once to learn which entry it is about, once to watch that.
    let level = finding.violation.checker == .cnt1 ? finding.violation.level : nil
    guard let (scout, violation) = record(replayer, finding, focus: nil, statistics: level) else { return nil }
    let isMicro = finding.episode.subject == .micro
    let focus = isMicro ? nil : TraceFocus(world, violation, scout)
    let watched = isMicro ? [] : TraceDetails.externalEntries(scout.events, focus: focus)
    let places = isMicro ? TraceEntries() : TraceEntries(of: scout, focus: focus)
    guard
      let (trace, _) = record(
        replayer, finding, focus: focus, watching: watched, entries: places, statistics: level)
    else { return nil }

    // Found when all threads had ended, it is no step's fault.
    let step = world.end == .completed ? nil : UInt64(violation.stamp >> FiberScheduler.clockShift)
    let actions = TraceActions(violation, focus: focus)
    var rows = rows(trace, actions.texts(trace.steps, counted: trace.statistics?.counted), focus)
    let marks = TraceRelevance(
      trace.steps, focus: focus, violation: violation, breaking: step.map { Int($0) },
      isStuck: world.end != .completed && world.end != .halted, readers: readers(world)
    ).marks(changes: rows.map { $0.changesSpte || $0.changesExternal })
    for index in rows.indices { rows[index].matters = marks[index] }
    rows = TraceFolding.fold(rows, keeping: step ?? trace.parting.map { UInt64(trace.steps[$0].number) })
    if let kernel = world.subject.kernel {
      name(&rows, trace, KernelSymbols(kernel.loaded))
      let standing = standing(trace, violation, kernel)
      if let place = rows.firstIndex(where: { $0.step == step }) {
        rows.insert(contentsOf: standing, at: place)
        assert(&rows, after: place + standing.count, trace, violation)
      }
    }
    if step == nil { rows += teardown(trace, actions, violation) }
    if violation.stamp != .max { blame(&rows, step, trace, violation) }
    let (spteTitle, externalTitle) = titles(focus, isMicro: isMicro)
    let dropped = rows.prefix(max(rows.count - mostRows, 0))
    rows.removeFirst(dropped.count)
    return Interleaving(
      threads: Array(finding.episode.threads.indices), spteTitle: spteTitle, externalTitle: externalTitle, rows: rows,
      violationStep: step, entries: entries(trace.entries.shown, after: dropped))
  }

  /// Says which function of the kernel a step is in.
  private static func name(_ rows: inout [Interleaving.Row], _ trace: TraceRecorder, _ symbols: KernelSymbols) {
    let addresses = Set(trace.steps.compactMap(\.code)).sorted()
    let found = symbols.functions(addresses.map { UInt(bitPattern: $0) })
    let frames = Dictionary(uniqueKeysWithValues: zip(addresses, found))
    for index in rows.indices {
      let step = Int(rows[index].step)
      guard trace.steps.indices.contains(step - 1), let code = trace.steps[step - 1].code else { continue }
      guard let frame = frames[code] ?? nil else { continue }
      // A plain access of a word without a name is known by its line alone.
      let isNameless = trace.steps[step - 1].isPlain && trace.steps[step - 1].place == .word("")
      rows[index].action += isNameless ? " [\(frame.function) \(frame.shortPlace)]" : " [\(frame.function)]"
    }
  }

  /// The accesses of a race that its other threads stand right before: they are no steps, as the run ends here.
  private static func standing(
    _ trace: TraceRecorder, _ violation: Violation, _ kernel: KernelSubject
  ) -> [Interleaving.Row] {
    guard let last = trace.steps.last else { return [] }
    let places = AccessPlaces.of(violation.accesses, kernel)
    return zip(violation.accesses, places).dropFirst().map { access, frame in
      let place = frame.map { " [\($0.function) \($0.shortPlace)]" } ?? ""
      return Interleaving.Row(
        step: UInt64(violation.stamp >> FiberScheduler.clockShift), thread: access.task,
        action: "next: \(access.text)\(place)", spte: TraceActions.text(last.spte),
        external: TraceActions.text(last.external), changesSpte: false, changesExternal: false, isPreemption: false,
        matters: true)
    }
  }

  /// A failed condition of the kernel's is no step: it stands behind the last step of its thread, and is what counts.
  private static func assert(
    _ rows: inout [Interleaving.Row], after place: Int, _ trace: TraceRecorder, _ violation: Violation
  ) {
    guard let condition = condition(violation) else { return }
    var row = rows[place]
    row.action = "\(condition.macro) [\(condition.function)]"
    (row.isPreemption, row.changesSpte, row.changesExternal, row.matters) = (false, false, false, true)
    (row.changes, row.marks) = (nil, nil)
    // Some word that it happened to access before.
    let index = Int(row.step) - 1
    if trace.steps.indices.contains(index), case .word = trace.steps[index].place { rows[place].matters = false }
    rows.insert(row, at: place + 1)
  }

  /// Marks the one row that a reader looks for: where the rule was broken, or else who left what was found.
  private static func blame(
    _ rows: inout [Interleaving.Row], _ step: UInt64?, _ trace: TraceRecorder, _ violation: Violation
  ) {
    if let step, let index = rows.lastIndex(where: { $0.step == step }) { return blame(&rows[index], .breaks) }
    // The last row of the VM's end.
    if trace.afterwards.contains(where: { isAbout($0, violation) && $0.stamp == violation.stamp }) {
      return blame(&rows[rows.count - 1], .breaks)
    }
    let parting = trace.parting.map { UInt64(trace.steps[$0].number) }
    if let parting, let index = rows.firstIndex(where: { $0.step == parting }) { return blame(&rows[index], .parts) }
    let isAboutEntry = [.frz1, .eq1, .map1, .acc1, .wp1, .dirt1].contains(violation.checker)
    if isAboutEntry, let index = rows.lastIndex(where: { $0.changesSpte || $0.changesExternal }) {
      return blame(&rows[index], .wroteLast)
    }
    guard var row = rows.last else { return }
    let condition = Self.condition(violation).map { "\($0.macro) [\($0.function)]" }
    row.action = "at the end: \(condition ?? violation.seen)"
    (row.isPreemption, row.changesSpte, row.changesExternal, row.repeats) = (false, false, false, 1)
    (row.changes, row.marks) = (nil, nil)
    blame(&row, .found)
    rows.append(row)
  }

  private static func blame(_ row: inout Interleaving.Row, _ blame: Interleaving.Blame) {
    row.blame = blame
    row.matters = true
  }

  /// The kernel's own condition that failed, and the function that it stands in.
  private static func condition(_ violation: Violation) -> (macro: Substring, function: Substring)? {
    guard violation.checker == .bug1 || violation.checker == .lck1,
      let match = violation.seen.firstMatch(of: /^([A-Za-z_]+)\(.*, (\w+)\(\)$/)
    else { return nil }
    return (match.1, match.2)
  }

  /// What stands in entries after rows that are not shown.
  private static func entries(
    _ entries: [Interleaving.Entry], after rows: ArraySlice<Interleaving.Row>
  ) -> [Interleaving.Entry] {
    var entries = entries
    for change in rows.flatMap({ $0.changes ?? [] }) {
      let place = entries.firstIndex { $0.table == change.table && $0.gfn == change.gfn && $0.level == change.level }
      if let place { entries[place].value = change.new }
    }
    return entries
  }

  private static func record(
    _ replayer: Replayer, _ finding: Finding, focus: TraceFocus?, watching watched: [TraceExternal] = [],
    entries: TraceEntries = TraceEntries(), statistics level: Int? = nil
  ) -> (TraceRecorder, Violation)? {
    guard replayer.world.prepare(finding.episode) else { return nil }
    let recorder = TraceRecorder(
      replayer.world, focus: focus, watching: watched, entries: entries, statistics: level)
    let outcome = recorder.record { replayer.replay(finding.schedule, isStrict: true) }
    guard outcome.isFollowed, outcome.harnessFault == nil else { return nil }
    let isExpected =
      outcome.violation.map { $0.checker == finding.violation.checker } ?? (finding.violation.stamp == .max)
    return isExpected ? (recorder, outcome.violation ?? finding.violation) : nil
  }

  /// The threads that are in an RCU section.
  private static func readers(_ world: FiberWorld) -> Set<Int> {
    Set(world.episode.threads.indices.filter { world.machine.pointee.tasks[$0].pointee.rcuDepth > 0 })
  }

  private static func rows(
    _ trace: TraceRecorder, _ texts: [String], _ focus: TraceFocus?
  ) -> [Interleaving.Row] {
    var (spte, external) = trace.initial
    var details = TraceDetails()
    return trace.steps.indices.map { index in
      let step = trace.steps[index]
      defer { (spte, external) = (step.spte, step.external) }
      // An entry that is written again as it was is written all the same.
      let isWritten = step.access.map { event in
        (event.kind == .store || event.kind == .cmpxchg) && focus?.isAbout(event) ?? false
      }
      return Interleaving.Row(
        step: UInt64(step.number), thread: step.thread, action: texts[index], spte: TraceActions.text(step.spte),
        external: TraceActions.text(step.external), changesSpte: isWritten ?? false || step.spte != spte,
        changesExternal: step.external != external, isPreemption: step.isPreemption, matters: false,
        changes: details.changes(step), marks: details.marks(step))
    }
  }

  /// What of the VM's end a violation in it is about. No thread races then, and no step is counted.
  private static func teardown(
    _ trace: TraceRecorder, _ actions: TraceActions, _ violation: Violation
  ) -> [Interleaving.Row] {
    guard let last = trace.steps.last else { return [] }
    return trace.afterwards.filter { event in
      event.stamp <= violation.stamp && isAbout(event, violation)
    }.map { event in
      Interleaving.Row(
        step: UInt64(last.number), thread: 0, action: actions.teardown(event), spte: TraceActions.text(last.spte),
        external: TraceActions.text(last.external), changesSpte: false, changesExternal: false, isPreemption: false,
        matters: true)
    }
  }

  /// An access or a call to the entry that the violation is about.
  private static func isAbout(_ event: Event, _ violation: Violation) -> Bool {
    guard event.level > 0, event.gfn == violation.gfn, Int(event.level) == violation.level else { return false }
    return event.isAccess || event.kind == .seamcall
  }

  private static func titles(_ focus: TraceFocus?, isMicro: Bool) -> (spte: String, external: String) {
    if isMicro { return ("SPTE", "external word") }
    guard let focus else { return ("SPTE", "S-EPT") }
    let place = "\(focus.gfn.hex) \(TraceActions.level(focus.level))"
    return focus.isMirror ? ("SPTE \(place)", "S-EPT \(place)") : ("\(focus.root) SPTE \(place)", "S-EPT")
  }
}
