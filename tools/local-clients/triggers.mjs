// A custom challenge, as AWS documents its three Lambda functions: a question, whose answer is 42.
export async function defineAuthChallenge(event) {
  const answered = event.request.session
    .filter(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')
    .at(-1)
  const [first] = event.request.session
  const isSrp = first?.challengeName === 'SRP_A'
  if (isSrp && event.request.session.length === 1)
    return answer(event, {
      challengeName: 'PASSWORD_VERIFIER',
      issueTokens: false,
      failAuthentication: false,
    })
  if (answered)
    return answer(event, {
      issueTokens: answered.challengeResult,
      failAuthentication: !answered.challengeResult,
    })
  return answer(event, { challengeName: 'CUSTOM_CHALLENGE', issueTokens: false, failAuthentication: false })
}

export async function createAuthChallenge(event) {
  return answer(event, {
    publicChallengeParameters: { question: 'six times seven' },
    privateChallengeParameters: { answer: '42' },
    challengeMetadata: 'QUESTION',
  })
}

export async function verifyAuthChallengeResponse(event) {
  const { challengeAnswer, privateChallengeParameters } = event.request
  return answer(event, { answerCorrect: challengeAnswer === privateChallengeParameters.answer })
}

const answer = (event, response) => ({ ...event, response: { ...event.response, ...response } })
