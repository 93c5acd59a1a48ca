/// What a campaign's help says of its exit codes, but for 0 and 1, which each has in its own words.
enum ExitCodesText {
  static let ofCampaign = """
    64   bad usage, nothing was started
      70   a fault of the harness, or record or report could not be written
      125  with --bisect: the kernel tree does not build or is not supported, or a fault of the harness
      128  with --bisect: an end of the bisection was not tested by the same command
      130  ended by SIGINT, with report and record of what ran so far
      129  the same by SIGHUP
      143  the same by SIGTERM; a second signal ends the run at once
    """
}
