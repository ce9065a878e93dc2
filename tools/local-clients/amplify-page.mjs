// What the page of an app with Amplify does: its functions are called from the test.
import { Amplify } from 'aws-amplify'
import { fetchAuthSession, getCurrentUser, signInWithRedirect, signOut } from 'aws-amplify/auth'
import 'aws-amplify/auth/enable-oauth-listener'

Amplify.configure(globalThis.amplifyConfig)
globalThis.app = { fetchAuthSession, getCurrentUser, signInWithRedirect, signOut }
